import type { FastifyInstance, FastifyReply } from "fastify";
import { UaaError } from "../errors.ts";

/** UAA: spring-servlet.xml, corsFilter; those of scripts (XHR) are fewer. */
const METHODS: readonly string[] = ["GET", "POST", "PUT", "OPTIONS", "DELETE", "PATCH"];
const SCRIPT_METHODS: readonly string[] = ["GET", "OPTIONS"];
const SCRIPT_HEADER = "x-requested-with";
const HEADERS: readonly string[] = ["accept", "authorization", "content-type", "accept-language", "content-language"];
const MAX_AGE_SECONDS = 1_728_000;

/**
 * Lets pages of other origins ask with a token of their own. Never with the browser's cookies, which the real one allows to
 * scripts of any origin: apps of this platform are of the same site and could read their visitors' passcodes.
 * UAA: CorsFilter
 */
export function answerOtherOrigins(server: FastifyInstance): void {
  server.addHook("onRequest", async (request, reply) => {
    const { origin } = request.headers;
    if (typeof origin !== "string" || origin.trim() === "") return;
    const asked = listOf(request.headers["access-control-request-headers"]);
    const isScript = request.headers[SCRIPT_HEADER] !== undefined || asked.includes(SCRIPT_HEADER);
    const methods = isScript ? SCRIPT_METHODS : METHODS;
    const isPreflight = request.method === "OPTIONS";
    // A form of our own pages has an origin too.
    if (!isPreflight && request.method !== "HEAD" && !methods.includes(request.method))
      throw illegal(405, "Illegal method.");
    if (origin !== "null" && !URL.canParse(origin)) throw illegal(403, "Invalid origin");
    reply.header("access-control-allow-origin", "*");
    if (!isPreflight) return;
    return sendPreflight(reply, methods, isScript ? [...HEADERS, SCRIPT_HEADER] : HEADERS, {
      method: request.headers["access-control-request-method"],
      headers: request.headers["access-control-request-headers"],
    });
  });
}

function sendPreflight(
  reply: FastifyReply,
  methods: readonly string[],
  headers: readonly string[],
  asked: { readonly method: string | undefined; readonly headers: string | undefined },
): FastifyReply {
  if (asked.method === undefined) throw illegal(400, "Access-Control-Request-Method header is missing");
  if (!methods.includes(asked.method.toUpperCase())) throw illegal(405, "Illegal method requested");
  reply.header("access-control-allow-methods", methods.join(", "));
  if (asked.headers === undefined) throw illegal(400, "Missing Access-Control-Request-Headers header.");
  if (!listOf(asked.headers).every((header) => headers.includes(header)))
    throw illegal(403, "Illegal header requested");
  return reply
    .header("access-control-allow-headers", asked.headers)
    .header("access-control-max-age", String(MAX_AGE_SECONDS))
    .send();
}

function illegal(status: number, message: string): UaaError {
  const code = status === 403 ? "access_denied" : status === 405 ? "method_not_allowed" : "invalid_request";
  return new UaaError(code, message);
}

function listOf(header: string | undefined): string[] {
  return (header ?? "").split(",").map((name) => name.trim().toLowerCase());
}
