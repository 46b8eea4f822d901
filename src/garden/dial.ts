import { connect } from "node:net";

/** Opens a TCP connection and closes it: true when it was accepted, false when it was refused or `limit` came first. */
export function isAccepted(host: string, port: number, limit: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const finish = (open: boolean): void => {
      limit.removeEventListener("abort", late);
      socket.destroy();
      resolve(open);
    };
    const late = (): void => finish(false);
    limit.addEventListener("abort", late, { once: true });
    socket.once("connect", () => finish(true));
    socket.once("error", () => finish(false));
  });
}
