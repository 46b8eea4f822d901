import type { JWTPayload } from "jose";
import type { UaaClient } from "../../../identity/uaa/client.ts";
import type { Clock } from "../../../kit/clock.ts";
import { CcError } from "../errors.ts";
import type { Caller } from "./request.ts";

/** A kid that the UAA does not know must not make us ask it at every request. */
const REFRESH_AGAIN_AFTER_MS = 5_000;
const UAA_TIMEOUT_MS = 5_000;
/** A key that the UAA has withdrawn stops counting after this long at the latest. */
const KEYS_FRESH_MS = 60_000;
/** Callers whose token was checked a moment ago; beyond that the oldest goes. */
const CHECKED_MAX = 1_000;

export interface TokenVerifierDeps {
  readonly clock: Clock;
  readonly uaa: UaaClient;
}

interface CheckedToken {
  readonly caller: Caller;
  readonly expiresMs: number;
}

/**
 * Checks bearer tokens against the UAA's keys, which are kept, and read again when a token names an unknown one and now and
 * then besides. A token is checked once for the keys at hand: its signature costs more than the rest of many a request.
 */
export class TokenVerifier {
  readonly #deps: TokenVerifierDeps;
  #keys: ReadonlyMap<string, CryptoKey | Uint8Array> = new Map();
  readonly #checked = new Map<string, CheckedToken>();
  #readAtMs = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | null = null;

  constructor(deps: TokenVerifierDeps) {
    this.#deps = deps;
  }

  /**
   * The caller of an `Authorization` header; null without a bearer token. CC: lib/cloud_controller/uaa/uaa_token_decoder.rb. Throws InvalidAuthToken for a token that is malformed, expired,
   * badly signed, not RS256 or not meant for the Cloud Controller, and UaaUnavailable when keys cannot be read.
   */
  async verify(authorization: string | undefined): Promise<Caller | null> {
    if (authorization === undefined || !/^bearer/i.test(authorization)) return null;
    const match = /^bearer\s+(\S+)$/i.exec(authorization);
    if (match === null) throw new CcError("InvalidAuthToken");
    const token = match[1]!;
    if (this.#deps.clock.steadyMs() - this.#readAtMs > KEYS_FRESH_MS && this.#keys.size > 0) await this.#freshen();
    const known = this.#checked.get(token);
    if (known !== undefined && known.expiresMs > this.#deps.clock.nowMs()) return known.caller;
    const { claims, isCurrent } = await this.#claims(token);
    const guid = claims["user_id"] ?? claims["client_id"];
    if (typeof guid !== "string" || guid === "") throw new CcError("InvalidAuthToken");
    const scope = claims["scope"];
    const scopes = Array.isArray(scope) ? scope.map(String) : typeof scope === "string" ? scope.split(" ") : [];
    const caller: Caller = {
      guid,
      userName: text(claims["user_name"] ?? claims["client_id"]),
      email: text(claims["email"]),
      scopes: new Set(scopes),
      isClient: claims["user_id"] === undefined,
    };
    if (isCurrent()) this.#remember(token, { caller, expiresMs: Number(claims.exp) * 1000 });
    return caller;
  }

  #remember(token: string, checked: CheckedToken): void {
    this.#checked.delete(token);
    if (this.#checked.size >= CHECKED_MAX) {
      for (const oldest of this.#checked.keys()) {
        this.#checked.delete(oldest);
        break;
      }
    }
    this.#checked.set(token, checked);
  }

  /** The UAA may be away for a while: the keys at hand go on counting. */
  async #freshen(): Promise<void> {
    this.#readAtMs = this.#deps.clock.steadyMs(); // one tries, the others go on
    await this.#readKeys().catch((error: unknown) => {
      if (!(error instanceof CcError)) throw error;
    });
  }

  /** `isCurrent`: whether the key that signed has not been withdrawn meanwhile. */
  async #claims(token: string): Promise<{ readonly claims: JWTPayload; readonly isCurrent: () => boolean }> {
    const { decodeProtectedHeader, jwtVerify } = await import("jose");
    try {
      const { kid = "" } = decodeProtectedHeader(token);
      const key = await this.#key(kid);
      if (key === undefined) throw new CcError("InvalidAuthToken");
      const { payload } = await jwtVerify(token, key, {
        algorithms: ["RS256"],
        audience: ["cloud_controller", "cloud_controller_service_permissions"],
        currentDate: new Date(this.#deps.clock.nowMs()),
        requiredClaims: ["exp"],
      });
      if (typeof payload["jti"] === "string" && payload["jti"].endsWith("-r")) throw new CcError("InvalidAuthToken"); // a refresh token
      return { claims: payload, isCurrent: () => this.#keys.get(kid) === key };
    } catch (error) {
      throw error instanceof CcError ? error : new CcError("InvalidAuthToken", [], { cause: error });
    }
  }

  async #key(kid: string): Promise<CryptoKey | Uint8Array | undefined> {
    const known = this.#keys.get(kid);
    if (known !== undefined) return known;
    if (this.#deps.clock.steadyMs() - this.#readAtMs < REFRESH_AGAIN_AFTER_MS) return undefined;
    this.#reading ??= this.#readKeys().finally(() => {
      this.#reading = null;
    });
    await this.#reading;
    return this.#keys.get(kid);
  }

  async #readKeys(): Promise<void> {
    const { importJWK } = await import("jose");
    let answer: Awaited<ReturnType<UaaClient["tokenKeys"]>>;
    try {
      answer = await this.#deps.uaa.tokenKeys(this.#deps.clock.deadline(UAA_TIMEOUT_MS));
    } catch (error) {
      throw new CcError("UaaUnavailable", [], { cause: error });
    }
    const keys = new Map<string, CryptoKey | Uint8Array>();
    for (const jwk of answer.keys) {
      if (jwk["kty"] !== "RSA") continue;
      const kid = text(jwk["kid"]);
      keys.set(kid, this.#keys.get(kid) ?? (await importJWK(jwk, "RS256"))); // the UAA gives no name twice
    }
    const isSame = keys.size === this.#keys.size && [...keys.keys()].every((kid) => this.#keys.has(kid));
    this.#readAtMs = this.#deps.clock.steadyMs();
    if (isSame) return;
    // In one go: requests that are under way find the old keys or the new ones. What a withdrawn key signed goes with it.
    this.#keys = keys;
    this.#checked.clear();
  }
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
