import { createLocalJWKSet, decodeJwt, errors, type JSONWebKeySet, jwtVerify } from "jose";
import type { UaaContext } from "./context.ts";
import type { OauthClient } from "./model.ts";
import { ProviderError } from "./provider-http.ts";

/** RFC 7523 */
export const CLIENT_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/** Keys of two halves only: a shared secret or no key at all would let others sign. */
const ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"];

/** Whom an assertion claims to come from, not verified; null: it is none. UAA: JwtClientAuthentication.getClientId */
export function clientIdOfAssertion(assertion: string): string | null {
  try {
    const { iss, sub } = decodeJwt(assertion);
    return sub !== undefined && sub === iss ? sub : null;
  } catch {
    return null;
  }
}

/**
 * Whether the client signed this with a key that is registered for it (RFC 7523): for itself, meant for us, not expired.
 * UAA: JwtClientAuthentication.validateClientJwt
 */
export async function isClientAssertion(
  context: UaaContext,
  client: OauthClient,
  parameters: Readonly<Record<string, string>>,
): Promise<boolean> {
  if (parameters["client_assertion_type"] !== CLIENT_ASSERTION) return false;
  const { issuerUrl, uaaUrl } = context.config;
  const verify = async (keys: JSONWebKeySet | null): Promise<"good" | "bad" | "unknown key"> => {
    if (keys === null) return "bad";
    try {
      await jwtVerify(parameters["client_assertion"] ?? "", createLocalJWKSet(keys), {
        algorithms: ALGORITHMS,
        audience: [issuerUrl, `${uaaUrl}/oauth/token`],
        issuer: client.clientId,
        subject: client.clientId,
        requiredClaims: ["exp", "jti"],
        currentDate: new Date(context.clock.nowMs()),
      });
      return "good";
    } catch (error) {
      return error instanceof errors.JWKSNoMatchingKey ? "unknown key" : "bad";
    }
  };
  const registered = registeredKeys(client);
  if (registered !== null) return (await verify(registered)) === "good";
  const outcome = await verify(await publishedKeys(context, client, "kept"));
  // The client may have changed its keys.
  if (outcome !== "unknown key") return outcome === "good";
  return (await verify(await publishedKeys(context, client, "newer"))) === "good";
}

function registeredKeys(client: OauthClient): JSONWebKeySet | null {
  const { jwks } = client.additional;
  if (typeof jwks !== "object" || jwks === null) return null;
  const { keys } = jwks as { keys?: unknown };
  return Array.isArray(keys) ? { keys: keys as JSONWebKeySet["keys"] } : null;
}

/** At the client's own address, kept for a while. An address that gives none lets nobody in. */
async function publishedKeys(
  { oidc, log }: UaaContext,
  client: OauthClient,
  age: "kept" | "newer",
): Promise<JSONWebKeySet | null> {
  const { jwks_uri: url } = client.additional;
  if (typeof url !== "string") return null;
  try {
    return await oidc.keysAt(url, age);
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    log.info("keys of a client cannot be read", { clientId: client.clientId, reason: error.message });
    return null;
  }
}
