import type { BrokerErrorType } from "./client.ts";
import { BrokerFailure } from "./errors.ts";

/** One answer of a broker, read to its end. */
export interface BrokerReply {
  readonly status: number;
  readonly body: string;
  readonly retryAfter: string | null;
}

export type JsonObject = Readonly<Record<string, unknown>>;

/** Longer texts of brokers are cut. CC: errors/service_broker_bad_response.rb */
const MESSAGE_MAX = 2 ** 14;
const MESSAGE_KEPT = 2 ** 13;

/** The body as an object; null when it is none. */
export function objectOf({ body }: BrokerReply): JsonObject | null {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : null;
  } catch {
    return null;
  }
}

/** Throws ServiceBrokerResponseMalformed when the body is no object. */
export function requireObject(reply: BrokerReply): JsonObject {
  return objectOf(reply) ?? malformed(reply, `expected valid JSON object in body, broker returned '${reply.body}'`);
}

export function malformed(reply: BrokerReply, what: string): never {
  throw failure("ServiceBrokerResponseMalformed", `The service broker returned an invalid response: ${what}`, reply);
}

export function failure(name: BrokerErrorType, text: string, { status }: BrokerReply): BrokerFailure {
  return new BrokerFailure(name, cut(text), status);
}

export function badResponse(reply: BrokerReply, ignoreDescription = false): BrokerFailure {
  const raw = `The service broker returned an invalid response. Status Code: ${statusText(reply)}, Body: ${reply.body}`;
  return failure("ServiceBrokerBadResponse", (ignoreDescription ? null : described(reply)) ?? raw, reply);
}

export function rejected(reply: BrokerReply): BrokerFailure {
  const raw = `The service broker rejected the request. Status Code: ${statusText(reply)}, Body: ${reply.body}`;
  return failure("ServiceBrokerRequestRejected", described(reply) ?? raw, reply);
}

/** `Service broker error: …`, when the broker says what is wrong. */
export function described(reply: BrokerReply): string | null {
  const body = objectOf(reply);
  return body !== null && "description" in body ? `Service broker error: ${textOf(body["description"])}` : null;
}

/** What each operation has in common: which statuses are errors whatever was asked. CC: CommonErrorValidator */
export function refuseCommonErrors(reply: BrokerReply): void {
  const { status } = reply;
  if (status === 401) {
    throw failure(
      "ServiceBrokerApiAuthenticationFailed",
      "Authentication with the service broker failed. Double-check that the username and password are correct.",
      reply,
    );
  }
  if (status === 408) throw failure("ServiceBrokerApiTimeout", "The request to the service broker timed out", reply);
  if (status === 409 || status === 410 || status === 422) return;
  if (status >= 400 && status < 500) throw rejected(reply);
  if (status >= 500 && status < 600) throw badResponse(reply);
}

export function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

const REASONS: Readonly<Record<number, string>> = {
  200: "OK",
  201: "Created",
  202: "Accepted",
  301: "Moved Permanently",
  302: "Found",
  400: "Bad Request",
  403: "Forbidden",
  404: "Not Found",
  409: "Conflict",
  410: "Gone",
  422: "Unprocessable Entity",
  500: "Internal Server Error",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
};

function statusText({ status }: BrokerReply): string {
  const reason = REASONS[status];
  return reason === undefined ? String(status) : `${status} ${reason}`;
}

function cut(text: string): string {
  if (Buffer.byteLength(text) <= MESSAGE_MAX) return text;
  const kept = Buffer.from(text).subarray(0, MESSAGE_KEPT).toString();
  return `${kept}...This message has been truncated due to size. To read the full message, check the broker's logs`;
}
