import { refuse } from "./client-rules.ts";
import type { UaaContext } from "./context.ts";
import type { OauthClient } from "./model.ts";
import { brokenRules, DEFAULT_PASSWORD_POLICY } from "./password-policy.ts";

export type SecretChange = "UPDATE" | "ADD" | "DELETE";

/**
 * By the policy for secrets, which does not ask about the empty one. Throws `invalid_client` (400).
 * UAA: ZoneAwareClientSecretPolicyValidator
 */
export function readSecret({ config }: UaaContext, value: unknown): string {
  if (typeof value !== "string") throw refuse("Client secret cannot be null");
  if (value === "") return value;
  const policy = { ...DEFAULT_PASSWORD_POLICY, minLength: 0, ...config.clientSecretPolicy };
  const broken = brokenRules("Client Secret", value, policy);
  if (broken.length > 0) throw refuse(broken.sort().join(" "));
  return value;
}

/** UPDATE leaves only the new secret, ADD keeps the old one beside it, DELETE drops the older of two. */
export async function changedSecrets(
  context: UaaContext,
  client: OauthClient,
  change: SecretChange,
  secret: unknown,
): Promise<readonly string[]> {
  const { secretHashes } = client;
  if (change === "DELETE") {
    if (secretHashes.length !== 2) throw refuse("client secret is either empty or client has only one secret.");
    return secretHashes.slice(1);
  }
  if (change === "ADD" && secretHashes.length > 1) {
    throw refuse("client secret is either empty or client already has two secrets.");
  }
  const hash = await context.hasher.hashSecret(readSecret(context, secret));
  return change === "ADD" ? [...secretHashes, hash] : [hash];
}

export async function fitsAnySecret(context: UaaContext, client: OauthClient, secret: unknown): Promise<boolean> {
  if (typeof secret !== "string") return false;
  for (const hash of client.secretHashes) if (await context.hasher.matches(secret, hash)) return true;
  return false;
}
