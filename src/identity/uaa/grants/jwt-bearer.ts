import { decodeJwt } from "jose";
import type { UaaContext } from "../context.ts";
import { UaaError } from "../errors.ts";
import type { ExternalSignIn } from "../identity-source.ts";
import { isOwnIssuer, type TokenAnswer, verifyToken } from "../token-service.ts";
import { type GrantRequest, grantToUser } from "./grant.ts";

/**
 * Tokens for whom a JWT names: one of ours, or one of a registered OIDC provider (RFC 7523). UAA: JwtTokenGranter,
 * ExternalOAuthAuthenticationManager
 */
export async function jwtBearerGrant(context: UaaContext, request: GrantRequest): Promise<TokenAnswer> {
  const { assertion } = request.parameters;
  if (assertion === undefined || assertion === "") throw new UaaError("unauthorized", "Assertion is missing");
  const signedIn = await whoIsNamed(context, assertion);
  if (!signedIn.user.active) throw new UaaError("unauthorized", "User authentication not found");
  return await grantToUser(context, request, signedIn, null);
}

async function whoIsNamed(context: UaaContext, assertion: string): Promise<ExternalSignIn> {
  let issuer: string;
  try {
    issuer = decodeJwt(assertion).iss ?? "";
  } catch {
    throw new UaaError("unauthorized", "Unable to decode expected id_token");
  }
  if (issuer === "") throw new UaaError("unauthorized", "Issuer is missing in id_token");
  const external = await context.identities.byAssertion(assertion, issuer);
  if (external !== null) return external;
  if (!isOwnIssuer(context, issuer)) {
    throw new UaaError("unauthorized", `Unable to map issuer, ${issuer} , to a single registered provider`);
  }
  const { user, claims } = await verifyToken(context, assertion, "access");
  if (user === null) throw new UaaError("unauthorized", "Unable to map claim to a username");
  const amr = claims["amr"];
  return { user, authMethods: Array.isArray(amr) ? amr.map(String) : ["ext"] };
}
