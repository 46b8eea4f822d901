import { refuse } from "./client-rules.ts";
import type { UaaContext } from "./context.ts";
import type { OauthClient } from "./model.ts";

export type SecretChange = "UPDATE" | "ADD" | "DELETE";

const SECRET_MAX = 255;

/** Throws `invalid_client` (400). UAA: ZoneAwareClientSecretPolicyValidator */
export function readSecret(value: unknown): string {
  if (typeof value !== "string") throw refuse("Client secret cannot be null");
  if (value.length > SECRET_MAX) throw refuse(`Client secret must be no more than ${SECRET_MAX} characters in length.`);
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
  const hash = await context.hasher.hashSecret(readSecret(secret));
  return change === "ADD" ? [...secretHashes, hash] : [hash];
}

export async function fitsAnySecret(context: UaaContext, client: OauthClient, secret: unknown): Promise<boolean> {
  if (typeof secret !== "string") return false;
  for (const hash of client.secretHashes) if (await context.hasher.matches(secret, hash)) return true;
  return false;
}
