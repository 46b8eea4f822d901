import type { ListenFailure } from "./control-protocol.ts";

/** The router cannot serve where it was told to; `holder` names who does, when that could be found out. */
export class ListenFailedError extends Error {
  readonly host: string;
  readonly port: number;
  /** EADDRINUSE, EACCES, EADDRNOTAVAIL …; empty for a bad certificate. */
  readonly code: string;
  readonly holder: string | null;

  constructor(failure: ListenFailure, holder: string | null) {
    const taken = failure.code === "EADDRINUSE" ? `taken by ${holder ?? "another process"}` : failure.message;
    super(`cannot listen on ${failure.host}:${failure.port}: ${taken}`);
    this.host = failure.host;
    this.port = failure.port;
    this.code = failure.code;
    this.holder = holder;
  }
}

/** A worker process did not come up. */
export class WorkerStartError extends Error {}
