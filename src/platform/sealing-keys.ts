import type { SealingKeys } from "../kit/seal.ts";
import type { SecretStore } from "./secret-store.ts";

/** The key of the first start; later ones have their label behind it. */
const FIRST = "cloudControllerDatabaseKey";
const CURRENT = "cloudControllerDatabaseKeyCurrent";
const KEY_BYTES = 32;

/** Keys by which the Cloud Controller's secret columns are sealed. More than one while a change of keys is not over. */
export function sealingKeys(store: SecretStore): SealingKeys {
  const current = store.find(CURRENT) ?? "key-1";
  if (current === "key-1") store.get(FIRST, KEY_BYTES);
  const keys = Object.fromEntries(
    store.names().flatMap((name) => {
      const label = labelOf(name);
      return label === null ? [] : [[label, store.find(name)!]];
    }),
  );
  return { current, keys };
}

/** A new key, which is on disk and in force for every later start. The others stay. */
export function addSealingKey(store: SecretStore, newSecret: (byteCount: number) => string): SealingKeys {
  const { keys } = sealingKeys(store);
  const numbers = Object.keys(keys).map((label) => Number(label.slice("key-".length)));
  const label = `key-${Math.max(...numbers) + 1}`;
  store.change({ [`${FIRST}:${label}`]: newSecret(KEY_BYTES), [CURRENT]: label });
  return sealingKeys(store);
}

/** Nothing is sealed with them any more. */
export function dropOldSealingKeys(store: SecretStore): void {
  const { current } = sealingKeys(store);
  const old = store.names().filter((name) => ![null, current].includes(labelOf(name)));
  if (old.length > 0) store.change(Object.fromEntries(old.map((name) => [name, null])));
}

function labelOf(name: string): string | null {
  if (name === FIRST) return "key-1";
  return name.startsWith(`${FIRST}:`) ? name.slice(FIRST.length + 1) : null;
}
