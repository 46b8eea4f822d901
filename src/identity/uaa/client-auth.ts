import { audit } from "./audit.ts";
import { fitsAnySecret } from "./client-secrets.ts";
import type { UaaContext } from "./context.ts";
import { badCredentials, UaaError } from "./errors.ts";
import type { OauthClient } from "./model.ts";
import { clientIdOfAssertion, isClientAssertion } from "./private-key-jwt.ts";
import type { ClientAuthMethod } from "./token-claims.ts";

export interface AuthenticatedClient {
  readonly client: OauthClient;
  readonly method: ClientAuthMethod;
}

/** The client with this secret. Throws `invalid_client`. */
async function authenticateClient(context: UaaContext, clientId: string, secret: string): Promise<AuthenticatedClient> {
  const client = await context.clients.find(clientId);
  if (client === null) {
    await context.hasher.pretend(secret);
    throw refused(context, clientId);
  }
  if (await fitsAnySecret(context, client, secret)) return { client, method: secret === "" ? "empty" : "secret" };
  throw refused(context, clientId);
}

/**
 * The client of a Basic header. RFC 6749 (2.3.1) has id and secret form-encoded first, and strict libraries do so; the
 * UAA takes them as they stand unless a header says otherwise. Both readings count here. Throws `invalid_client`.
 */
export async function authenticateByHeader(
  context: UaaContext,
  clientId: string,
  secret: string,
): Promise<AuthenticatedClient> {
  const plainId = formDecoded(clientId);
  const plainSecret = formDecoded(secret);
  if (plainId === clientId && plainSecret === secret) return await authenticateClient(context, clientId, secret);
  try {
    return await authenticateClient(context, clientId, secret);
  } catch (error) {
    if (!(error instanceof UaaError) || error.code !== "invalid_client") throw error;
    return await authenticateClient(context, plainId, plainSecret);
  }
}

/** The text itself when it is not form-encoded. */
function formDecoded(text: string): string {
  if (!/[%+]/.test(text)) return text;
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return text;
  }
}

/**
 * A client of the token endpoint that gives its proof in the form: a secret, a signed assertion, or (public clients)
 * nothing but a code verifier or a refresh token that works once. Throws `invalid_client`.
 * UAA: ClientDetailsAuthenticationProvider
 */
export async function authenticateByForm(
  context: UaaContext,
  parameters: Readonly<Record<string, string>>,
): Promise<AuthenticatedClient> {
  const { client_secret: secret, client_assertion: assertion } = parameters;
  if (secret === undefined && assertion !== undefined) {
    const clientId = clientIdOfAssertion(assertion);
    const client = clientId === null ? null : await context.clients.find(clientId);
    const isOther = parameters["client_id"] !== undefined && parameters["client_id"] !== clientId;
    if (client === null || isOther || !(await isClientAssertion(context, client, parameters))) {
      throw refused(context, clientId ?? "");
    }
    return { client, method: "private_key_jwt" };
  }
  const clientId = parameters["client_id"] ?? "";
  if (secret === undefined && isPublicRequest(parameters)) {
    const client = await context.clients.find(clientId);
    if (client !== null && isPublicClient(client)) return { client, method: "none" };
  }
  return await authenticateClient(context, clientId, secret ?? "");
}

/** UAA: ClientConstants.ALLOW_PUBLIC */
export function isPublicClient(client: OauthClient): boolean {
  return client.additional["allowpublic"] === true || client.additional["allowpublic"] === "true";
}

function isPublicRequest(parameters: Readonly<Record<string, string>>): boolean {
  const has = (...names: string[]): boolean => names.every((name) => (parameters[name] ?? "") !== "");
  if (parameters["grant_type"] === "authorization_code") return has("code_verifier", "code", "redirect_uri");
  return parameters["grant_type"] === "refresh_token" && has("refresh_token");
}

function refused(context: UaaContext, clientId: string): Error {
  audit(context, "ClientAuthenticationFailure", { clientId: clientId.slice(0, 255) });
  return badCredentials();
}
