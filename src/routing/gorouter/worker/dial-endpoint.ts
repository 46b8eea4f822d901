import { connect, type Socket } from "node:net";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import type { RouteEndpoint } from "../model.ts";

/** Where a connection's bytes are read to, without a copy and without an allocation per read. */
export interface ReadTarget {
  /** Asked before each read. */
  buffer(): Buffer;
  /** So many bytes lie at the start of that buffer now. */
  callback(count: number): void;
}

/**
 * Begins a connection; `onConnect` when it can be written to (with TLS: when the endpoint has proved who it is).
 * @param ca authorities in PEM for endpoints with TLS; null: the system's.
 */
export function dialEndpoint(
  data: RouteEndpoint,
  target: ReadTarget,
  ca: string | null,
  onConnect: () => void,
): Socket {
  const onread = {
    buffer: () => target.buffer(),
    callback: (count: number) => {
      target.callback(count);
      return true; // pausing is done by the socket's own means
    },
  };
  const where = data.port === 0 ? { path: data.host } : { host: data.host, port: data.port };
  if (!data.tls) {
    const socket = connect({ ...where, onread, noDelay: true });
    socket.on("connect", onConnect);
    return socket;
  }
  const options: ConnectionOptions & { onread: typeof onread } = {
    ...where,
    onread,
    ...(data.serverCertDomainSan === "" ? {} : { servername: data.serverCertDomainSan }),
    ...(ca === null ? {} : { ca }),
    ALPNProtocols: ["http/1.1"],
  };
  const socket = connectTls(options);
  socket.setNoDelay(true);
  socket.on("secureConnect", onConnect);
  return socket;
}
