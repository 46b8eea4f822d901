import { createHash, timingSafeEqual } from "node:crypto";

const SCHEMES: Readonly<Record<string, string>> = {
  SHA: "sha1",
  SSHA: "sha1",
  SHA256: "sha256",
  SSHA256: "sha256",
  SHA512: "sha512",
  SSHA512: "sha512",
  MD5: "md5",
  SMD5: "md5",
};

/**
 * Whether a password fits the value of `userPassword`: plain text, or `{SSHA}…` and its kin (RFC 2307). Other schemes
 * (crypt) fit nothing. UAA: DynamicPasswordComparator
 */
export function fitsLdapPassword(stored: string, password: string): boolean {
  const match = /^\{(\w+)\}(.+)$/s.exec(stored);
  if (match === null) return equal(Buffer.from(stored), Buffer.from(password));
  const algorithm = SCHEMES[match[1]!.toUpperCase()];
  if (algorithm === undefined) return false;
  const bytes = Buffer.from(match[2]!, "base64");
  const size = createHash(algorithm).digest().length;
  const digest = createHash(algorithm).update(password).update(bytes.subarray(size)).digest();
  return equal(digest, bytes.subarray(0, size));
}

function equal(left: Buffer, right: Buffer): boolean {
  return left.length === right.length && timingSafeEqual(left, right);
}
