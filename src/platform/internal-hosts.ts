import { join } from "node:path";
import type { HttpTarget } from "../kit/http-client.ts";
import type { StateFolder } from "./state-folder.ts";

/** Unix sockets of what components ask of each other over HTTP, in the state folder. */
export function internalSockets(state: Pick<StateFolder, "run">): {
  readonly cloudController: string;
  readonly ccUploader: string;
} {
  return { cloudController: join(state.run, "cc-internal.sock"), ccUploader: join(state.run, "cc-uploader.sock") };
}

/**
 * The well-known names that stand in stored records (callbacks, downloads). They never change, whatever ports a start gets;
 * on one machine they lead to unix sockets, which need no TLS because the folder is 0700.
 */
export function internalHosts(state: Pick<StateFolder, "run">): (hostAndPort: string) => HttpTarget | null {
  const sockets = internalSockets(state);
  const known = new Map<string, HttpTarget>([
    ["cloud-controller-ng.service.cf.internal:9023", { socketPath: sockets.cloudController }],
    ["cc-uploader.service.cf.internal:9091", { socketPath: sockets.ccUploader }],
  ]);
  return (hostAndPort) => known.get(hostAndPort) ?? null;
}
