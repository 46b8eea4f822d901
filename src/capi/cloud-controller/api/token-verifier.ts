import type { JWTPayload } from "jose";
import type { UaaClient } from "../../../identity/uaa/client.ts";
import type { Clock } from "../../../kit/clock.ts";
import { CcError } from "../errors.ts";
import type { Caller } from "./request.ts";

/** A kid that the UAA does not know must not make us ask it at every request. */
const REFRESH_AGAIN_AFTER_MS = 5_000;
const UAA_TIMEOUT_MS = 5_000;

export interface TokenVerifierDeps {
  readonly clock: Clock;
  readonly uaa: UaaClient;
}

/** Checks bearer tokens against the UAA's keys, which are kept and read again when a token names an unknown one. */
export class TokenVerifier {
  readonly #deps: TokenVerifierDeps;
  readonly #keys = new Map<string, CryptoKey | Uint8Array>();
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
    const claims = await this.#claims(match[1]!);
    const guid = claims["user_id"] ?? claims["client_id"];
    if (typeof guid !== "string" || guid === "") throw new CcError("InvalidAuthToken");
    const scope = claims["scope"];
    const scopes = Array.isArray(scope) ? scope.map(String) : typeof scope === "string" ? scope.split(" ") : [];
    return {
      guid,
      userName: text(claims["user_name"] ?? claims["client_id"]),
      email: text(claims["email"]),
      scopes: new Set(scopes),
      isClient: claims["user_id"] === undefined,
    };
  }

  async #claims(token: string): Promise<JWTPayload> {
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
      return payload;
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
    this.#keys.clear(); // a key that was withdrawn stops counting
    for (const jwk of answer.keys) {
      if (jwk["kty"] !== "RSA") continue;
      this.#keys.set(text(jwk["kid"]), await importJWK(jwk, "RS256"));
    }
    this.#readAtMs = this.#deps.clock.steadyMs();
  }
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
