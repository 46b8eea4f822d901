import type { OrderParts } from "./orders.ts";

export type Rotation = "seal-key" | "signing-keys" | "client-secrets" | "certificates";

/** Nothing that was signed with a key is good longer than a refresh token. UAA: refreshTokenValiditySeconds, 30 days */
const SIGNED_IS_GOOD_MS = 30 * 86_400_000;
const CLIENT_SECRET = "uaa-client-";
const CLIENT_SECRET_BYTES = 24;

/**
 * Puts new secrets in the place of old ones while everything runs. A platform that dies on the way goes on with it at its next start. Gives
 * a line for the operator.
 */
export async function rotate(what: Rotation, dropOld: boolean, parts: OrderParts): Promise<{ readonly done: string }> {
  switch (what) {
    case "seal-key":
      return { done: await parts.sealing.rotate() };
    case "signing-keys":
      return { done: await rotateSigningKeys(dropOld, parts) };
    case "client-secrets":
      return { done: await rotateClientSecrets(parts) };
    case "certificates":
      return { done: `the router has a new certificate, good until ${await parts.certificates.renew()}` };
  }
}

/** Tokens of older keys stay good until they would have ended anyway, or end at once with `dropOld`. */
async function rotateSigningKeys(dropOld: boolean, { uaa, clock, signal }: OrderParts): Promise<string> {
  const before = await uaa.signingKeys(signal);
  const { id } = await uaa.rotateSigningKey(signal);
  const nowMs = clock.nowMs();
  const removed: string[] = [];
  for (const [at, key] of before.entries()) {
    // It signed until its successor came.
    const signedUntilMs = before[at + 1]?.createdMs ?? nowMs;
    if (!dropOld && nowMs - signedUntilMs <= SIGNED_IS_GOOD_MS) continue;
    await uaa.removeSigningKey(key.id, signal);
    removed.push(key.id);
  }
  const gone = removed.length === 0 ? "older keys still verify" : `gone: ${removed.join(", ")}`;
  return `${id} signs; ${gone}`;
}

/** On disk first: a start registers what is there. */
async function rotateClientSecrets({ store, secrets, uaa, clients }: OrderParts): Promise<string> {
  const names = store.names().filter((name) => name.startsWith(CLIENT_SECRET));
  store.change(Object.fromEntries(names.map((name) => [name, secrets.token(CLIENT_SECRET_BYTES)])));
  await uaa.registerClients(clients());
  return `${names.length} clients of the platform have new secrets`;
}
