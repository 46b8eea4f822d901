import { createLocalJWKSet, errors, importJWK, importSPKI, type JSONWebKeySet, jwtVerify } from "jose";
import type { ProviderContext } from "./context.ts";
import type { ExternalClaims } from "./external-identity.ts";
import type { IdentityProvider, ProviderConfig } from "./identity-provider.ts";
import { askProvider, ProviderError } from "./provider-http.ts";

/** Where a provider's parts are. */
export interface OauthEndpoints {
  readonly issuer: string | null;
  readonly authUrl: string;
  readonly tokenUrl: string;
  readonly tokenKeyUrl: string | null;
  readonly userInfoUrl: string | null;
  /** Where a browser signs out there. */
  readonly logoutUrl: string | null;
}

/** Never HMAC with published keys, never `none`. */
const ASYMMETRIC = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"];
/** UAA: StaleUrlCache, 10 minutes */
const CACHED_MS = 600_000;
/** A forged key id must not make us ask the provider at each request. */
const KEYS_AGAIN_AFTER_MS = 10_000;
const CLOCK_SKEW_SECONDS = 60;

interface Cached<T> {
  readonly value: T;
  readonly atMs: number;
}

/** Discovery documents and keys of registered providers, kept for a while. UAA: OidcMetadataFetcher */
export class OidcProviders {
  readonly #context: ProviderContext;
  readonly #endpoints = new Map<string, Cached<OauthEndpoints>>();
  readonly #keys = new Map<string, Cached<JSONWebKeySet>>();

  constructor(context: ProviderContext) {
    this.#context = context;
  }

  /** Throws `ProviderError`. */
  async endpoints(provider: IdentityProvider): Promise<OauthEndpoints> {
    const { config } = provider;
    const key = cacheKey(provider);
    const cached = this.#fresh(this.#endpoints, key, CACHED_MS);
    if (cached !== null) return cached;
    const { discoveryUrl } = config;
    const document =
      typeof discoveryUrl === "string" ? await askProvider(this.#context, config, { url: discoveryUrl }) : {};
    const pick = (field: string, discovered: string): string | null => {
      const value = config[field] ?? document[discovered];
      return typeof value === "string" && URL.canParse(value) ? value : null;
    };
    const authUrl = pick("authUrl", "authorization_endpoint");
    const tokenUrl = pick("tokenUrl", "token_endpoint");
    if (authUrl === null || tokenUrl === null) throw new ProviderError("the discovery document lacks endpoints");
    const endpoints: OauthEndpoints = {
      issuer: pickText(config["issuer"] ?? document["issuer"]),
      authUrl,
      tokenUrl,
      tokenKeyUrl: pick("tokenKeyUrl", "jwks_uri"),
      userInfoUrl: pick("userInfoUrl", "userinfo_endpoint"),
      logoutUrl: pick("logoutUrl", "end_session_endpoint"),
    };
    this.#remember(this.#endpoints, key, endpoints);
    return endpoints;
  }

  /**
   * The claims of a token that this provider signed for us: signature, issuer, audience, times, and the nonce when one was
   * sent. Throws `ProviderError`.
   */
  async verify(provider: IdentityProvider, token: string, nonce: string | null): Promise<ExternalClaims> {
    const { config } = provider;
    const endpoints = await this.endpoints(provider);
    const limits = {
      issuer: endpoints.issuer ?? endpoints.tokenUrl,
      audience: String(config["relyingPartyId"]),
      currentDate: new Date(this.#context.clock.nowMs()),
      clockTolerance: CLOCK_SKEW_SECONDS,
      requiredClaims: ["exp", "iss"],
    };
    try {
      const { payload } = await this.#verifySignature(provider, endpoints, token, limits);
      if (nonce !== null && payload["nonce"] !== nonce) throw new ProviderError("the nonce of the id_token is another");
      return payload;
    } catch (error) {
      if (error instanceof ProviderError) throw error;
      throw new ProviderError(error instanceof errors.JOSEError ? `bad token: ${error.code}` : "bad token", {
        cause: error,
      });
    }
  }

  async #verifySignature(
    provider: IdentityProvider,
    endpoints: OauthEndpoints,
    token: string,
    limits: Readonly<Record<string, unknown>>,
  ) {
    const { tokenKey } = provider.config;
    if (typeof tokenKey === "string" && tokenKey.trim() !== "") {
      const { key, algorithms } = await configuredKey(tokenKey.trim(), token);
      return await jwtVerify(token, key, { ...limits, algorithms });
    }
    if (endpoints.tokenKeyUrl === null) throw new ProviderError("the provider publishes no keys");
    const options = { ...limits, algorithms: ASYMMETRIC };
    const ask = (maxAgeMs: number) =>
      this.#keySet(cacheKey(provider), endpoints.tokenKeyUrl!, provider.config, maxAgeMs);
    const keys = await ask(CACHED_MS);
    try {
      return await jwtVerify(token, createLocalJWKSet(keys), options);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      // The provider may have changed its keys.
      const newer = await ask(KEYS_AGAIN_AFTER_MS);
      return await jwtVerify(token, createLocalJWKSet(newer), options);
    }
  }

  /** The keys that a client publishes for its own signatures; `newer`: those kept lack the one that is looked for. Throws `ProviderError`. */
  async keysAt(url: string, age: "kept" | "newer"): Promise<JSONWebKeySet> {
    return await this.#keySet(url, url, {}, age === "kept" ? CACHED_MS : KEYS_AGAIN_AFTER_MS);
  }

  async #keySet(key: string, url: string, config: ProviderConfig, maxAgeMs: number): Promise<JSONWebKeySet> {
    const cached = this.#fresh(this.#keys, key, maxAgeMs);
    if (cached !== null) return cached;
    const answer = await askProvider(this.#context, config, { url });
    if (!Array.isArray(answer["keys"])) throw new ProviderError("the key set has no keys");
    const keys = answer as unknown as JSONWebKeySet;
    this.#remember(this.#keys, key, keys);
    return keys;
  }

  #fresh<T>(cache: Map<string, Cached<T>>, key: string, maxAgeMs: number): T | null {
    const cached = cache.get(key);
    return cached !== undefined && this.#context.clock.nowMs() - cached.atMs < maxAgeMs ? cached.value : null;
  }

  #remember<T>(cache: Map<string, Cached<T>>, key: string, value: T): void {
    if (cache.size >= 256) cache.clear();
    cache.set(key, { value, atMs: this.#context.clock.nowMs() });
  }
}

/** A changed provider is asked anew. */
function cacheKey(provider: IdentityProvider): string {
  return `${provider.id}/${provider.version}`;
}

/** A key written into the configuration: PEM, a JWK, a JWK set, or else the secret of an HMAC. */
async function configuredKey(text: string, token: string) {
  if (text.startsWith("-----BEGIN")) return { key: await importSPKI(text, "RS256"), algorithms: ["RS256"] };
  if (text.startsWith("{")) {
    const parsed = JSON.parse(text) as Record<string, unknown>;
    const list = Array.isArray(parsed["keys"]) ? (parsed["keys"] as Record<string, unknown>[]) : [parsed];
    const { kid, alg } = JSON.parse(Buffer.from(token.split(".")[0] ?? "", "base64url").toString()) as ProviderConfig;
    const chosen = list.find((key) => key["kid"] === kid) ?? list[0] ?? {};
    if (!ASYMMETRIC.includes(String(alg)) || chosen["kty"] === "oct") throw new ProviderError("bad token: algorithm");
    return { key: await importJWK(chosen, String(alg)), algorithms: [String(alg)] };
  }
  return { key: Buffer.from(text), algorithms: ["HS256"] };
}

function pickText(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}
