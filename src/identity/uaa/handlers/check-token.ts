import type { FastifyInstance, FastifyRequest } from "fastify";
import type { UaaContext } from "../context.ts";
import { UaaError } from "../errors.ts";
import type { Claims } from "../token-claims.ts";
import { verifyToken } from "../token-service.ts";
import { parametersOf, requireAuthority, requireClientAuthority } from "./request.ts";

/** GET and POST /check_token, POST /introspect, for clients with the authority uaa.resource. UAA: CheckTokenEndpoint, IntrospectEndpoint */
export function registerCheckToken(server: FastifyInstance, context: UaaContext): void {
  const check = async (request: FastifyRequest): Promise<Claims> => {
    await requireClientAuthority(context, request, "uaa.resource");
    const { token, scopes = parametersOf(request)["scope"] } = parametersOf(request);
    if (token === undefined || token === "") {
      throw new UaaError("invalid_token", "Token parameter must be set", { status: 400 });
    }
    const verified = await verifyToken(context, token, "access").catch((error: unknown) => {
      // The caller itself is authenticated, so this is no 401.
      throw error instanceof UaaError ? new UaaError(error.code, error.message, { status: 400 }) : error;
    });
    const given = new Set([...verified.scopes].map((scope) => scope.toLowerCase()));
    const wanted = (scopes ?? "").split(",").filter((scope) => scope !== "");
    const missing = wanted.filter((scope) => !given.has(scope.toLowerCase()));
    if (missing.length > 0) {
      throw new UaaError("invalid_scope", `Some requested scopes are missing: ${missing.join(",")}`);
    }
    return verified.claims;
  };
  server.route({ method: ["GET", "POST"], url: "/check_token", handler: check });

  server.post("/introspect", async (request) => {
    await requireAuthority(context, request, "uaa.resource");
    const { token } = parametersOf(request);
    if (token === undefined) {
      throw new UaaError(
        "invalid_request",
        "Required request parameter 'token' for method parameter type String is not present",
      );
    }
    const verified = await verifyToken(context, token, "access").catch((error: unknown) => {
      if (error instanceof UaaError) return null;
      throw error;
    });
    return verified === null ? { active: false } : { ...verified.claims, active: true };
  });
}
