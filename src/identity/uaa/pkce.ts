import { createHash, timingSafeEqual } from "node:crypto";

/** RFC 7636, 4.1 and 4.2: verifiers and challenges. UAA: PkceValidationService */
const SHAPE = /^[\w.~-]{43,128}$/;

export const CHALLENGE_METHODS: readonly string[] = ["plain", "S256"];

export function isPkceText(text: string): boolean {
  return SHAPE.test(text);
}

/** Proof that who exchanges the code is who asked for it; compared in constant time. */
export function isVerifierOf(challenge: string, method: string, verifier: string): boolean {
  const given = Buffer.from(method === "S256" ? createHash("sha256").update(verifier).digest("base64url") : verifier);
  const wanted = Buffer.from(challenge);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}
