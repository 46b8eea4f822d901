import type { ProviderConfig } from "./identity-provider.ts";

/** Whom a provider names, in our words. */
export interface ExternalIdentity {
  readonly userName: string;
  readonly email: string;
  readonly givenName: string | null;
  readonly familyName: string | null;
  readonly phoneNumber: string | null;
  readonly externalId: string | null;
  readonly verified: boolean;
  /** Groups there, as they are called there. */
  readonly groups: readonly string[];
  readonly authMethods: readonly string[];
  readonly acr: readonly string[];
  readonly userAttributes: Readonly<Record<string, readonly string[]>>;
}

export type ExternalClaims = Readonly<Record<string, unknown>>;

/** The provider's claims do not make an account. */
export class ExternalIdentityError extends Error {}

const ATTRIBUTE_PREFIX = "user.attribute.";
/** A token with more would only be a burden; honest providers stay far below. */
const GROUPS_MAX = 2000;
const TEXT_MAX = 255;

/**
 * Reads claims by the provider's attribute mappings; throws `ExternalIdentityError` when no user name comes out.
 * UAA: ExternalOAuthAuthenticationManager.getUser, populateAuthenticationAttributes
 */
export function readClaims(claims: ExternalClaims, config: ProviderConfig): ExternalIdentity {
  const mappings = mappingsOf(config);
  const mapped = (ours: string, theirs: string): string | null => {
    const name = mappings[ours];
    return single(claims[typeof name === "string" ? name : theirs], ours);
  };
  const userName = mapped("user_name", "sub")?.trim() ?? "";
  if (userName === "" || userName.length > TEXT_MAX) {
    throw new ExternalIdentityError("Unable to map claim to a username");
  }
  const verified =
    claims[typeof mappings["email_verified"] === "string" ? mappings["email_verified"] : "email_verified"];
  return {
    userName,
    email: mapped("email", "email") ?? generatedEmail(userName),
    givenName: mapped("given_name", "given_name"),
    familyName: mapped("family_name", "family_name"),
    phoneNumber: mapped("phone_number", "phone_number"),
    externalId: single(claims["sub"], "sub"),
    verified: verified === true,
    groups: groupsIn(claims, mappings["external_groups"]),
    authMethods: [...new Set([...texts(claims["amr"]), "ext", "oauth"])],
    acr: acrOf(claims["acr"]),
    userAttributes: attributesIn(claims, mappings),
  };
}

/** Custom attributes: `user.attribute.NAME` of the mappings is the claim to look at. */
export function attributesIn(
  claims: ExternalClaims,
  mappings: Readonly<Record<string, unknown>>,
): Record<string, readonly string[]> {
  const found: Record<string, readonly string[]> = {};
  for (const [name, claim] of Object.entries(mappings)) {
    if (!name.startsWith(ATTRIBUTE_PREFIX) || typeof claim !== "string") continue;
    const values = texts(claims[claim]);
    if (values.length > 0) found[name.slice(ATTRIBUTE_PREFIX.length)] = values;
  }
  return found;
}

export function mappingsOf(config: ProviderConfig): Readonly<Record<string, unknown>> {
  const mappings = config["attributeMappings"];
  return typeof mappings === "object" && mappings !== null ? (mappings as Record<string, unknown>) : {};
}

/** An address for an account whose provider tells none. UAA: ExternalLoginAuthenticationManager.generateEmail… */
export function generatedEmail(userName: string): string {
  if (!userName.includes("@")) return `${userName}@this-default-was-not-configured.invalid`;
  const isAddress = userName.split("@").length === 2 && !userName.startsWith("@") && !userName.endsWith("@");
  return isAddress ? userName : `${userName.replaceAll("@", "")}@this-default-was-not-configured.invalid`;
}

function groupsIn(claims: ExternalClaims, mapping: unknown): string[] {
  const groups = new Set<string>();
  for (const name of texts(mapping)) {
    const value = claims[name];
    for (const group of typeof value === "string" ? value.split(",") : texts(value)) groups.add(group.trim());
  }
  groups.delete("");
  return [...groups].slice(0, GROUPS_MAX);
}

function acrOf(acr: unknown): readonly string[] {
  if (typeof acr === "object" && acr !== null && "values" in acr) return texts(acr.values);
  return texts(acr);
}

function single(value: unknown, name: string): string | null {
  if (value === undefined || value === null) return null;
  if (typeof value === "string") return value.slice(0, TEXT_MAX);
  if (!Array.isArray(value)) {
    throw new ExternalIdentityError(`The claim for ${name} cannot be mapped`);
  }
  const several = [...new Set(texts(value))];
  if (several.length > 1) throw new ExternalIdentityError(`Claim mapping for ${name} attribute is ambiguous`);
  return several[0]?.slice(0, TEXT_MAX) ?? null;
}

function texts(value: unknown): string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list.flatMap((item) =>
    typeof item === "string" || typeof item === "number" || typeof item === "boolean" ? [String(item)] : [],
  );
}
