import type { FastifyInstance } from "fastify";
import { tellServed } from "../../../kit/served.ts";
import type { UaaContext } from "../context.ts";
import { UaaError } from "../errors.ts";
import type { Zones } from "../zones.ts";
import { registerAccount } from "./account.ts";
import { registerAccountStatus } from "./account-status.ts";
import { registerApprovals } from "./approvals.ts";
import { registerAuthorize } from "./authorize.ts";
import { registerAutologin } from "./autologin.ts";
import { brandPages } from "./branding.ts";
import { registerCheckToken } from "./check-token.ts";
import { registerClientBatches } from "./client-batches.ts";
import { registerClientMetadata } from "./client-metadata.ts";
import { registerClients } from "./clients.ts";
import { registerCodes } from "./codes.ts";
import { answerOtherOrigins } from "./cors.ts";
import { registerEmailChange } from "./email-change.ts";
import { sendError } from "./error-answer.ts";
import { registerExternalGroups } from "./external-groups.ts";
import { registerExternalLogin } from "./external-login.ts";
import { registerGroupMembers } from "./group-members.ts";
import { registerGroups } from "./groups.ts";
import { registerIdentityProviders } from "./identity-providers.ts";
import { registerIdentityZones } from "./identity-zones.ts";
import { registerInfo } from "./info.ts";
import { registerInvitations } from "./invitations.ts";
import { registerKeys } from "./keys.ts";
import { registerLogin } from "./login.ts";
import { registerPassword } from "./password.ts";
import { registerPasswordReset } from "./password-reset.ts";
import { registerRegistration } from "./registration.ts";
import { protectAnswers } from "./response-headers.ts";
import { registerRevoke } from "./revoke.ts";
import { registerSaml } from "./saml.ts";
import { registerSessionManagement } from "./session-management.ts";
import { registerToken } from "./token.ts";
import { answerUnknownRoutes } from "./unknown-route.ts";
import { registerUserIds } from "./user-ids.ts";
import { registerUsers } from "./users.ts";
import { dispatchToZones } from "./zone-dispatch.ts";
import { registerZoneManagers } from "./zone-managers.ts";

const BODY_BYTES_MAX = 1_048_576;
/** Of a name in a path; clients and groups have names of up to 255 characters. */
const PARAMETER_LENGTH_MAX = 2_048;
/** Longer than any honest request of this API; a slow sender is cut off. */
const REQUEST_TIMEOUT_MS = 30_000;

/** The HTTP side of a zone, not yet listening. `zones`: the others, when this is the default one. */
export async function buildServer(context: UaaContext, zones: Zones | null): Promise<FastifyInstance> {
  const { fastify } = await import("fastify");
  const server = fastify({
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: true,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: PARAMETER_LENGTH_MAX },
    // An address that no route can be asked about: broken escapes, or a name longer than any.
    frameworkErrors: (_error, _request, reply) => {
      reply.header("x-content-type-options", "nosniff");
      return sendError(reply, new UaaError("invalid_request", "The request could not be read"));
    },
  });
  tellServed(server, "UAA");
  server.addContentTypeParser("application/x-www-form-urlencoded", { parseAs: "string" }, (_request, body, done) => {
    done(null, formOf(String(body)));
  });
  // The official command line says application/json on a DELETE without a body too.
  server.addContentTypeParser("application/json", { parseAs: "string" }, (_request, body, done) => {
    if (body === "") return done(null, undefined);
    try {
      done(null, JSON.parse(String(body)));
    } catch {
      done(new UaaError("invalid_request", "The request body is not valid JSON"));
    }
  });
  // Whatever comes along with a DELETE, also an empty body of no kind as Go's clients send it, says nothing.
  server.addContentTypeParser("*", { parseAs: "string" }, (request, body, done) => {
    if (body === "" || request.method === "DELETE" || request.method === "GET") return done(null, undefined);
    const text = `Content type '${request.headers["content-type"] ?? ""}' not supported`;
    done(new UaaError("invalid_request", text, { status: 415 }));
  });
  server.setErrorHandler((error, request, reply) => {
    const known = error instanceof UaaError ? error : readFailure(error);
    if (known === null)
      context.log.error("request failed", { method: request.method, route: request.routeOptions.url, error });
    return sendError(reply, known ?? error);
  });
  // Answers repeat what callers sent. As JSON it is the same, and no browser that took it for a page would run it.
  server.setReplySerializer((payload) => JSON.stringify(payload).replaceAll("<", "\\u003c"));
  answerUnknownRoutes(server);
  answerOtherOrigins(server);
  protectAnswers(server);
  brandPages(server, context.config.branding);
  const parts = [
    registerInfo,
    registerLogin,
    registerToken,
    registerAuthorize,
    registerKeys,
    registerCheckToken,
    registerRevoke,
    registerUsers,
    registerPassword,
    registerUserIds,
    registerGroups,
    registerGroupMembers,
    registerZoneManagers,
    registerClientBatches,
    registerClientMetadata,
    registerClients,
    registerApprovals,
    registerIdentityProviders,
    registerExternalGroups,
    registerSessionManagement,
    registerRegistration,
    registerPasswordReset,
    registerInvitations,
    registerEmailChange,
    registerCodes,
    registerAutologin,
    registerAccountStatus,
    registerAccount,
    registerExternalLogin,
    registerSaml,
  ];
  for (const register of parts) register(server, context);
  if (zones !== null) {
    dispatchToZones(server, context, zones);
    registerIdentityZones(server, context, zones);
  }
  return server;
}

/** A name that is given more than once becomes a list, as in a query. */
function formOf(body: string): Record<string, string | string[]> {
  const form: Record<string, string | string[]> = Object.create(null) as Record<string, string | string[]>;
  for (const [name, value] of new URLSearchParams(body)) {
    const before = form[name];
    form[name] = before === undefined ? value : [...(Array.isArray(before) ? before : [before]), value];
  }
  return form;
}

/** A request that Fastify could not read (bad JSON, too large, unknown media type); null: our own fault. */
function readFailure(error: unknown): UaaError | null {
  const status = (error as { statusCode?: unknown }).statusCode;
  if (status === 413) return new UaaError("payload_too_large", "The request body is too large");
  if (typeof status !== "number" || status < 400 || status >= 500) return null;
  return new UaaError("invalid_request", "The request could not be read", { status });
}
