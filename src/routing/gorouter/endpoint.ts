import type { RouteEndpoint } from "./model.ts";
import { quoted, quotedOrDash } from "./quote.ts";

/** A connection to an endpoint that waits for its next request. */
export interface IdleConnection {
  /** Closes it; called when the endpoint is gone. */
  close(): void;
}

/** What a worker keeps about one endpoint, shared by all routes that it serves. */
export class Endpoint<C extends IdleConnection = IdleConnection> {
  data: RouteEndpoint;
  /** The header lines that every request to it gets. */
  headerLines = "";
  /** For the access log. */
  quotedAddress = "";
  logFields = "";
  /** Requests sent whose answer has not begun. */
  inFlight = 0;
  /** Steady milliseconds; until then it is tried only when nothing else is left. */
  failedUntilMs = 0;
  /** Routes that point here. */
  routes = 0;
  /** Last in, first out: the connection that was used last is the least likely to have been closed. */
  readonly idle: C[] = [];

  constructor(data: RouteEndpoint) {
    this.data = data;
    this.update(data);
  }

  update(data: RouteEndpoint): void {
    this.data = data;
    this.headerLines = headerLines(data);
    this.quotedAddress = quoted(data.address);
    const { appId, instanceIndex, instanceId } = data;
    this.logFields = `app_id:${quotedOrDash(appId)} app_index:${quotedOrDash(instanceIndex)} instance_id:${quotedOrDash(instanceId)}`;
  }

  closeIdle(): void {
    for (const connection of this.idle.splice(0)) connection.close();
  }
}

/** Gorouter: proxy_round_tripper.go; the instance id is the address when there is none. */
function headerLines(data: RouteEndpoint): string {
  const instanceId = data.instanceId === "" ? data.address : data.instanceId;
  return `X-CF-ApplicationID: ${data.appId}\r\nX-CF-InstanceID: ${instanceId}\r\nX-CF-InstanceIndex: ${data.instanceIndex}\r\n`;
}
