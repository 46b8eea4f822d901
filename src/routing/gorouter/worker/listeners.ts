import { readFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type Server as TlsServer } from "node:tls";
import type { Clock } from "../../../kit/clock.ts";
import type { RouterListener, WorkerConfig } from "../config.ts";
import type { ListenerStatus, ListenFailure } from "../control-protocol.ts";

/** Gorouter: tls_handshake_timeout */
const HANDSHAKE_TIMEOUT_MS = 10_000;
/** How often an address that is not there yet is tried again. */
const RETRY_MS = 500;
/** Connections that may wait in the kernel. */
const BACKLOG = 4_096;

export class ListenError extends Error {
  readonly failure: ListenFailure;
  constructor(failure: ListenFailure) {
    super(failure.message);
    this.failure = failure;
  }
}

/** The worker's open doors. */
export class Listeners {
  readonly #servers: Server[] = [];
  readonly #tlsServers: TlsServer[] = [];
  readonly #config: WorkerConfig;
  readonly #accept: (socket: Socket, secure: boolean) => void;
  readonly status: ListenerStatus[] = [];
  #closed = false;

  constructor(config: WorkerConfig, accept: (socket: Socket, secure: boolean) => void) {
    this.#config = config;
    this.#accept = accept;
  }

  /** Opens all; throws `ListenError` with none left open. Those for later are tried in the background. */
  async open(clock: Clock, signal: AbortSignal): Promise<void> {
    try {
      for (const listener of this.#config.listen) {
        if (listener.whenPresent === true) void this.#openLater(listener, clock, signal);
        else await this.#open(listener);
      }
    } catch (error) {
      this.close();
      throw error;
    }
  }

  reloadCertificates(): void {
    for (const server of this.#tlsServers) server.setSecureContext(this.#certificates());
  }

  /** No new connections; those that are there go on. */
  close(): void {
    this.#closed = true;
    for (const server of this.#servers) server.close();
  }

  async #openLater(listener: RouterListener, clock: Clock, signal: AbortSignal): Promise<void> {
    while (!signal.aborted && !this.#closed) {
      try {
        await this.#open(listener);
        return;
      } catch (error) {
        if (!(error instanceof ListenError) || error.failure.code !== "EADDRNOTAVAIL") return;
      }
      await clock.sleep(RETRY_MS, signal).catch(() => undefined);
    }
  }

  async #open(listener: RouterListener): Promise<void> {
    const fail = (error: NodeJS.ErrnoException): ListenError =>
      new ListenError({ host: listener.host, port: listener.port, code: error.code ?? "", message: error.message });
    let server: Server;
    try {
      server = listener.tls
        ? this.#tlsServer()
        : createServer({ noDelay: true }, (socket) => this.#accept(socket, false));
    } catch (error) {
      throw fail(error as NodeJS.ErrnoException);
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    server.once("error", reject);
    server.listen({ host: listener.host, port: listener.port, reusePort: true, backlog: BACKLOG }, resolve);
    await promise.catch((error) => {
      throw fail(error);
    });
    server.removeListener("error", reject);
    server.on("error", () => undefined); // a single accept that failed (no descriptors left) must not end the worker
    this.#servers.push(server);
    this.status.push({ host: listener.host, port: (server.address() as AddressInfo).port, tls: listener.tls });
  }

  #tlsServer(): TlsServer {
    const server = createTlsServer({
      ...this.#certificates(),
      minVersion: "TLSv1.2",
      ALPNProtocols: ["http/1.1"],
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
      noDelay: true,
    });
    server.on("secureConnection", (socket) => this.#accept(socket, true));
    server.on("tlsClientError", (_error, socket) => socket.destroy());
    this.#tlsServers.push(server);
    return server;
  }

  #certificates(): { cert: Buffer; key: Buffer } {
    const { certPem, keyPem } = this.#config;
    if (certPem === null || keyPem === null) throw new Error("a TLS listener needs a certificate");
    return { cert: readFileSync(certPem), key: readFileSync(keyPem) };
  }
}
