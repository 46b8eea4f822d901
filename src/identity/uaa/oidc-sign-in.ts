import { createHash } from "node:crypto";
import { SignJWT } from "jose";
import type { ProviderContext } from "./context.ts";
import { decideExternalGroups } from "./external-groups.ts";
import { type ExternalClaims, type ExternalIdentity, ExternalIdentityError, readClaims } from "./external-identity.ts";
import { authMethodOf, type IdentityProvider, type ProviderConfig } from "./identity-provider.ts";
import type { ExternalSignIn } from "./identity-source.ts";
import type { OauthEndpoints, OidcProviders } from "./oidc-provider.ts";
import { CLIENT_ASSERTION } from "./private-key-jwt.ts";
import { askProvider, ProviderError } from "./provider-http.ts";
import { admit } from "./shadow-user.ts";

const ASSERTION_SECONDS = 300;

/** What must come back unchanged; kept here while the browser is at the provider. */
export interface OidcRequest {
  readonly origin: string;
  readonly nonce: string;
  readonly verifier: string;
  /** A path of ours to go to after it. */
  readonly target: string;
}

function callbackUrl(context: ProviderContext, origin: string): string {
  return `${context.config.uaaUrl}/login/callback/${encodeURIComponent(origin)}`;
}

/** Where the browser is sent. UAA: ExternalOAuthProviderConfigurator.getIdpAuthenticationUrl */
export function authorizationUrl(
  context: ProviderContext,
  provider: IdentityProvider,
  endpoints: OauthEndpoints,
  request: OidcRequest,
  state: string,
): string {
  const { config } = provider;
  const url = new URL(endpoints.authUrl);
  const scopes = scopesOf(provider);
  const challenge = createHash("sha256").update(request.verifier).digest("base64url");
  const parameters: Record<string, string> = {
    ...textsOf(config["additionalAuthzParameters"]),
    client_id: String(config["relyingPartyId"]),
    response_type: "code",
    redirect_uri: callbackUrl(context, provider.originKey),
    state,
    ...(scopes.length === 0 ? {} : { scope: scopes.join(" ") }),
    ...(provider.type === "oidc1.0" ? { nonce: request.nonce } : {}),
    ...(usesPkce(config) ? { code_challenge: challenge, code_challenge_method: "S256" } : {}),
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url.toString();
}

/** Exchanges the code and admits whom it stands for. Throws `ProviderError`, `ExternalIdentityError`, `invalid_client`. */
export async function signInWithCode(
  context: ProviderContext,
  oidc: OidcProviders,
  provider: IdentityProvider,
  code: string,
  request: OidcRequest,
): Promise<ExternalSignIn> {
  const endpoints = await oidc.endpoints(provider);
  const answer = await askTokens(context, provider, endpoints, {
    grant_type: "authorization_code",
    code,
    redirect_uri: callbackUrl(context, provider.originKey),
    ...(usesPkce(provider.config) ? { code_verifier: request.verifier } : {}),
  });
  const claims = await claimsOf(context, oidc, provider, endpoints, answer, request.nonce);
  const signedIn = await admitClaims(context, provider, claims);
  const idToken = answer["id_token"];
  return typeof idToken === "string" ? { ...signedIn, providerIdToken: idToken } : signedIn;
}

/** The password grant at a provider that allows it; null when it refuses the password. UAA: PasswordGrantAuthenticationManager */
export async function signInWithPassword(
  context: ProviderContext,
  oidc: OidcProviders,
  provider: IdentityProvider,
  userName: string,
  password: string,
): Promise<ExternalSignIn | null> {
  const endpoints = await oidc.endpoints(provider);
  let claims: ExternalClaims;
  try {
    const scope = scopesOf(provider).join(" ");
    const form = { grant_type: "password", response_type: "id_token", username: userName, password, scope };
    const answer = await askTokens(context, provider, endpoints, form);
    claims = await claimsOf(context, oidc, provider, endpoints, answer, null);
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    context.log.info("password refused by identity provider", { origin: provider.originKey, reason: error.message });
    return null;
  }
  return await admitClaims(context, provider, claims);
}

/** Admits whom verified claims name. */
export async function admitClaims(
  context: ProviderContext,
  provider: IdentityProvider,
  claims: ExternalClaims,
): Promise<ExternalSignIn> {
  const { config, originKey } = provider;
  const identity: ExternalIdentity = readClaims(claims, config);
  const isAsScopes = config["groupMappingMode"] === "AS_SCOPES";
  const groups = decideExternalGroups(identity.groups, {
    mode: isAsScopes ? "as-scopes" : "mapped",
    whitelist: (config["externalGroupsWhitelist"] as readonly string[] | undefined) ?? [],
    mappings: isAsScopes ? [] : await context.externalGroups.of(originKey),
  });
  return await admit(context, provider, { identity, groups, roles: groups, addsGroups: isAsScopes });
}

async function askTokens(
  context: ProviderContext,
  { config }: IdentityProvider,
  endpoints: OauthEndpoints,
  form: Readonly<Record<string, string>>,
): Promise<ExternalClaims> {
  const id = String(config["relyingPartyId"]);
  const secret = typeof config["relyingPartySecret"] === "string" ? config["relyingPartySecret"] : "";
  const method = authMethodOf(config);
  const credentials = Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString("base64");
  return await askProvider(context, config, {
    url: endpoints.tokenUrl,
    ...(method === "client_secret_basic" ? { headers: { authorization: `Basic ${credentials}` } } : {}),
    form: {
      ...form,
      ...(method === "client_secret_basic" ? {} : { client_id: id }),
      ...(method === "client_secret_post" ? { client_secret: secret } : {}),
      ...(method === "private_key_jwt"
        ? { client_assertion_type: CLIENT_ASSERTION, client_assertion: await clientAssertion(context, id, endpoints) }
        : {}),
    },
  });
}

/** Proof of who we are, signed with the key that /token_keys publishes. UAA: JwtClientAuthentication */
async function clientAssertion(context: ProviderContext, id: string, endpoints: OauthEndpoints): Promise<string> {
  const { id: kid, privateKey } = context.keys.active;
  const issuedAt = Math.floor(context.clock.nowMs() / 1000);
  return await new SignJWT({ iss: id, sub: id, aud: endpoints.tokenUrl, jti: context.secrets.token(16) })
    .setProtectedHeader({ alg: "RS256", kid, typ: "JWT" })
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + ASSERTION_SECONDS)
    .sign(privateKey);
}

/**
 * An OpenID Connect provider says who it is in the id_token (and more of the same person at /userinfo); a plain OAuth 2 one
 * at /userinfo, or in an access token that is a JWT. UAA: getClaimsFromToken
 */
async function claimsOf(
  context: ProviderContext,
  oidc: OidcProviders,
  provider: IdentityProvider,
  endpoints: OauthEndpoints,
  answer: ExternalClaims,
  nonce: string | null,
): Promise<ExternalClaims> {
  const accessToken = typeof answer["access_token"] === "string" ? answer["access_token"] : null;
  const userInfo = async (): Promise<ExternalClaims> => {
    if (endpoints.userInfoUrl === null || accessToken === null) return {};
    const headers = { authorization: `Bearer ${accessToken}` };
    return await askProvider(context, provider.config, { url: endpoints.userInfoUrl, headers });
  };
  if (provider.type === "oauth2.0") {
    if (endpoints.userInfoUrl !== null) return await userInfo();
    const token = typeof answer["id_token"] === "string" ? answer["id_token"] : accessToken;
    if (token === null) throw new ProviderError("the answer has no token");
    return await oidc.verify(provider, token, null);
  }
  if (typeof answer["id_token"] !== "string") throw new ProviderError("the answer has no id_token");
  const claims = await oidc.verify(provider, answer["id_token"], nonce);
  const more = await userInfo();
  // Only what is told about the same person counts. OpenID Connect Core 5.3.2
  return more["sub"] === claims["sub"] ? { ...more, ...claims } : claims;
}

function scopesOf({ type, config }: IdentityProvider): readonly string[] {
  if (Array.isArray(config["scopes"])) return config["scopes"].map(String);
  return type === "oidc1.0" ? ["openid"] : [];
}

function usesPkce(config: ProviderConfig): boolean {
  return config["pkce"] !== false;
}

function textsOf(value: unknown): Record<string, string> {
  if (typeof value !== "object" || value === null) return {};
  return Object.fromEntries(Object.entries(value).filter(([, text]) => typeof text === "string")) as Record<
    string,
    string
  >;
}

/** Whether a failure is the provider's, to be told to a person in general words. */
export function isProviderFailure(error: unknown): error is Error {
  return error instanceof ProviderError || error instanceof ExternalIdentityError;
}
