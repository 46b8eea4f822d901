import type { Endpoint } from "../endpoint.ts";
import type { EndpointPool } from "../pick-endpoint.ts";
import type { ClientConnection } from "./client-connection.ts";
import type { UpstreamConnection } from "./upstream-connection.ts";

/** One request and its answer, from the head's last byte to the line in the access log. */
export class Exchange {
  readonly client: ClientConnection;
  // What was asked.
  line = "";
  method = "";
  host = "";
  referer = "";
  userAgent = "";
  remoteAddress = "";
  requestId = "";
  keepAlive = false;
  /** The client speaks HTTP/1.0. */
  oldClient = false;
  upgrade = false;
  idempotent = false;
  // What is sent on.
  /** All but the endpoint's own lines and the blank line. */
  forward = "";
  forwardedFor = "";
  forwardedProto = "";
  /** The part of the body that came together with the head; null once it was sent. */
  firstBody: Buffer | null = null;
  /** The client has sent all of its request. */
  requestComplete = false;
  // To whom.
  pool: EndpointPool | null = null;
  endpoint: Endpoint | null = null;
  upstream: UpstreamConnection | null = null;
  /** Instance that the client's cookies name. */
  sticky = "";
  attempts = 0;
  readonly tried: Endpoint[] = [];
  /** A kept connection turned out closed: take a new one now. */
  mustDial = false;
  // What came back.
  /** The client has got the head of its answer. */
  responseStarted = false;
  status = 0;
  routerError = "";
  bytesReceived = 0;
  bytesSent = 0;
  finished = false;
  // When. Steady milliseconds, 0: not yet.
  readonly receivedWallMs: number;
  readonly receivedMs: number;
  forwardedMs = 0;
  deadlineMs = Number.POSITIVE_INFINITY;

  constructor(client: ClientConnection, receivedWallMs: number, receivedMs: number) {
    this.client = client;
    this.receivedWallMs = receivedWallMs;
    this.receivedMs = receivedMs;
  }
}
