import type { IncomingMessage } from "node:http";
import type { Access } from "../access.ts";
import type { Query } from "./query.ts";

/** Who asks, as the token says. */
export interface Caller {
  /** `user_id`, or `client_id` of a client's own token. */
  readonly guid: string;
  readonly userName: string;
  readonly email: string;
  readonly scopes: ReadonlySet<string>;
  /** The token is a client's own (client_credentials). */
  readonly isClient: boolean;
}

/** One request as a handler sees it. */
export interface CcRequest {
  /** `X-Vcap-Request-Id` of the answer. */
  readonly id: string;
  readonly path: string;
  /** Named parts of the path, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: Query;
  readonly headers: IncomingMessage["headers"];
  /** The parsed JSON (`{}` when there was none), or the text with `body: "text"`; undefined with `body: "stream"`. */
  readonly body: unknown;
  /** Who asks. Throws when the route is open to everybody and nobody said who he is: see `callerOrNull`. */
  readonly caller: Caller;
  readonly callerOrNull: Caller | null;
  /** What the caller may see and change. */
  readonly access: Access;
  /** Aborts when the client goes away. */
  readonly signal: AbortSignal;
  /** The bytes, for routes with `body: "stream"`. */
  readonly stream: IncomingMessage;
}
