import { Readable } from "node:stream";
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest, type HTTPMethods } from "fastify";
import type { Kysely } from "kysely";
import type { Durable } from "../../../kit/database.ts";
import type { LoopSlices } from "../../../kit/loop-slices.ts";
import { tellServed } from "../../../kit/served.ts";
import { isBrokerError } from "../../../services/broker-client/client.ts";
import { type Access, accessOf } from "../access.ts";
import { rolesOfUser } from "../access-store.ts";
import type { CcConfig } from "../config.ts";
import type { CcDeps } from "../deps.ts";
import { CcError, CompoundError, errorDocument } from "../errors.ts";
import type { CcDatabase } from "../store/schema.ts";
import type { CcAnswer } from "./answer.ts";
import type { Handler, RouteOptions, RouteTable } from "./api.ts";
import { parseJson, readText } from "./body.ts";
import { compressed } from "./compressed.ts";
import { corsAnswer } from "./cors.ts";
import { parseQuery } from "./query.ts";
import type { RateLimiter } from "./rate-limiter.ts";
import type { Caller, CcRequest } from "./request.ts";
import type { TokenVerifier } from "./token-verifier.ts";
import type { UserRegister } from "./user-register.ts";

export interface ServerParts {
  readonly config: CcConfig;
  readonly deps: CcDeps;
  readonly db: Kysely<CcDatabase>;
  readonly database: Durable;
  readonly tokens: TokenVerifier;
  readonly users: UserRegister;
  readonly slices: LoopSlices;
  /** Null: nobody is limited. */
  readonly rateLimiter: RateLimiter | null;
}

const NOBODY: Access = accessOf("", new Set(), []);
/** What the web server before CC says to everything of the API of old but `/v2/info`, once that is switched off. capi-release: nginx.conf */
const V2_DISABLED: CcAnswer = {
  status: 404,
  body: "V2 endpoints disabled",
  headers: { "content-type": "text/plain" },
};
const READS = new Set(["GET", "HEAD"]);
/** The longest guid or name in a path: more than a whole request line may hold, so that what is too long is not found, as CC says. */
const PATH_PART_MAX = 65_536;

/** An HTTP server with CC's manners (`system`: its name in the compatibility table); routes are added through the table before `listen`. */
export function createServer(
  parts: ServerParts,
  system = "Cloud Controller",
): {
  server: FastifyInstance;
  routes: (internal: boolean) => RouteTable;
} {
  const server = fastify({
    logger: false,
    genReqId: (request) => requestId(request.headers["x-vcap-request-id"], parts.deps),
    routerOptions: { maxParamLength: PATH_PART_MAX, ignoreTrailingSlash: true },
    forceCloseConnections: "idle",
    // What the router cannot read: a percent sign that stands for nothing. CC: controllers/v3/errors_controller.rb, bad_request
    frameworkErrors: (_error, request, reply) => {
      request.raw.resume();
      reply.header("x-vcap-request-id", request.id);
      void sendError(reply as FastifyReply, new CcError("InvalidRequest"));
    },
  });
  tellServed(server, system);
  // Bodies are read by the route (`readBody`), so that an upload never passes through memory.
  server.removeAllContentTypeParsers();
  server.addContentTypeParser("*", (_request, _payload, done) => done(null, undefined));
  server.addHook("onRequest", async (request, reply) => {
    reply.header("x-vcap-request-id", request.id);
    const cors = corsAnswer(parts.config.corsOrigins ?? [], request.method, request.headers);
    if (cors === null) return;
    reply.headers(cors.headers);
    if (cors.preflight) return reply.send("");
  });
  server.setNotFoundHandler(async (request, reply) => {
    request.raw.resume(); // an unread body would hold the connection
    if (/^\/v2(\/|\?|$)/.test(request.url)) return send(reply, V2_DISABLED);
    return sendError(reply, new CcError("NotFound"));
  });
  server.setErrorHandler(async (error, request, reply) => {
    report(error, request, parts);
    return sendError(reply, isBadRequest(error) ? new CcError("MessageParseError", ["invalid request body"]) : error);
  });
  const routes = (internal: boolean): RouteTable => {
    const add =
      (method: HTTPMethods) =>
      (path: string, handler: Handler, options: RouteOptions = {}) => {
        const effective: RouteOptions = internal ? { token: "none", scoped: false, ...options } : options;
        server.route({
          method,
          url: path,
          handler: (request, reply) => answer(parts, handler, effective, request, reply),
        });
      };
    return { get: add("GET"), post: add("POST"), put: add("PUT"), patch: add("PATCH"), delete: add("DELETE") };
  };
  return { server, routes };
}

async function answer(
  parts: ServerParts,
  handler: Handler,
  options: RouteOptions,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const aborted = new AbortController();
  reply.raw.once("close", () => {
    if (!reply.raw.writableFinished) aborted.abort(new Error("the client went away"));
  });
  await parts.slices.next(); // many may come at once
  const caller = await authenticate(parts, options, request, reply);
  const search = request.raw.url?.indexOf("?") ?? -1;
  const path = search < 0 ? (request.raw.url ?? "/") : request.raw.url!.slice(0, search);
  const ccRequest: CcRequest = {
    id: request.id,
    path,
    params: request.params as Record<string, string>,
    query: parseQuery(search < 0 ? "" : request.raw.url!.slice(search + 1)),
    headers: request.headers,
    body: await readBody(parts, options, request),
    get caller(): Caller {
      if (caller === null) throw new CcError("NotAuthenticated");
      return caller;
    },
    callerOrNull: caller,
    access: await accessFor(parts, caller),
    signal: aborted.signal,
    stream: request.raw,
  };
  const result = await handler(ccRequest);
  if (!READS.has(request.method)) await parts.database.durable();
  if (typeof result.body !== "object" || result.body instanceof Readable) return send(reply, result);
  const text = JSON.stringify(result.body);
  const zipped = await compressed(text, request.headers["accept-encoding"]);
  reply
    .code(result.status)
    .type("application/json; charset=utf-8")
    .headers(result.headers ?? {});
  if (zipped === null) return reply.send(text);
  const vary = reply.getHeader("vary");
  reply.header("content-encoding", "gzip");
  reply.header("vary", vary === undefined ? "Accept-Encoding" : `${String(vary)}, Accept-Encoding`);
  return reply.send(zipped);
}

async function authenticate(
  parts: ServerParts,
  options: RouteOptions,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<Caller | null> {
  const { token = "required" } = options;
  if (token === "none") return null;
  const caller = await parts.tokens.verify(request.headers.authorization);
  limitRate(parts, caller, request, reply);
  if (caller === null) {
    if (token === "optional") return null;
    throw new CcError("NotAuthenticated");
  }
  await parts.users.seen(caller);
  if (options.scoped !== false) checkScopes(caller.scopes, READS.has(request.method));
  return caller;
}

/** Counts the request and says so in the answer's headers. Throws RateLimitExceeded and IPBasedRateLimitExceeded. CC: middleware/rate_limiter.rb */
function limitRate(parts: ServerParts, caller: Caller | null, request: FastifyRequest, reply: FastifyReply): void {
  const unlimited = ["cloud_controller.admin", "cloud_controller.admin_read_only"];
  const isAdmin = caller !== null && unlimited.some((scope) => caller.scopes.has(scope));
  const forwarded =
    String(request.headers["x-forwarded-for"] ?? "")
      .split(",")[0]
      ?.trim() ?? "";
  const address = forwarded === "" ? request.ip : forwarded;
  const verdict = parts.rateLimiter?.count(
    caller?.guid ?? address,
    caller === null ? "address" : isAdmin ? "admin" : "user",
  );
  if (verdict === null || verdict === undefined) return;
  reply.headers(verdict.headers);
  if (!verdict.exceeded) return;
  reply.header("retry-after", String(verdict.retryAfterSeconds));
  throw new CcError(caller === null ? "IPBasedRateLimitExceeded" : "RateLimitExceeded");
}

/** CC: check_read_permissions!, check_write_permissions! */
export function checkScopes(scopes: ReadonlySet<string>, reading: boolean): void {
  const enough = reading
    ? [
        "cloud_controller.admin",
        "cloud_controller.admin_read_only",
        "cloud_controller.global_auditor",
        "cloud_controller.read",
      ]
    : ["cloud_controller.admin", "cloud_controller.write"];
  if (!enough.some((scope) => scopes.has(scope))) throw new CcError("NotAuthorized");
}

async function accessFor(parts: ServerParts, caller: Caller | null): Promise<Access> {
  if (caller === null) return NOBODY;
  // Whoever may do everything needs no roles.
  const roles = caller.scopes.has("cloud_controller.admin") ? [] : await rolesOfUser(parts.db, caller.guid);
  return accessOf(caller.guid, caller.scopes, roles);
}

async function readBody(parts: ServerParts, options: RouteOptions, request: FastifyRequest): Promise<unknown> {
  const { body = "json" } = options;
  if (body === "stream") return undefined;
  if (READS.has(request.method)) return {};
  const text = await readText(request.raw, options.bodyBytesMax ?? parts.config.limits.bodyBytesMax);
  return body === "text" ? text : parseJson(text);
}

function send(reply: FastifyReply, { status, body, headers = {} }: CcAnswer): FastifyReply {
  reply.code(status).headers(headers);
  if (body === undefined) return reply.send();
  if (body instanceof Readable || typeof body === "string") return reply.send(body);
  return reply.type("application/json; charset=utf-8").send(JSON.stringify(body));
}

function sendError(reply: FastifyReply, error: unknown): FastifyReply {
  const { status, errors } = errorDocument(error);
  return send(reply, { status, body: { errors } });
}

/** Errors of Fastify itself about the request: a broken URL, an unsupported body. */
function isBadRequest(error: unknown): boolean {
  const status = (error as { statusCode?: unknown }).statusCode;
  return !(error instanceof CcError) && typeof status === "number" && status >= 400 && status < 500;
}

function report(error: unknown, request: FastifyRequest, { deps }: ServerParts): void {
  if ((error instanceof CcError && error.status < 500) || error instanceof CompoundError) return;
  if (isBrokerError(error)) return; // the broker's fault, told to whoever asked
  if (isBadRequest(error)) return;
  deps.log.error("request failed", {
    request: request.id,
    method: request.method,
    route: request.routeOptions.url ?? "",
    error,
  });
}

/** A caller's id is kept in front of our own. CC: middleware/vcap_request_id.rb */
function requestId(given: string | string[] | undefined, deps: CcDeps): string {
  const own = deps.random.guid();
  const theirs = typeof given === "string" && /^[\w:.-]{1,255}$/.test(given) ? given : null;
  return theirs === null ? own : `${theirs}::${own}`;
}
