import { createCipheriv, createDecipheriv, hkdfSync } from "node:crypto";
import type { Secrets } from "./random.ts";

/** Secrets by label; `current` names the one that new texts are sealed with. Others stay until nothing is sealed with them any more. */
export interface SealingKeys {
  readonly current: string;
  readonly keys: Readonly<Record<string, string>>;
}

const PREFIX = "sealed:";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const LABEL = /^[\w-]{1,60}$/;

/** Seals texts with AES-256-GCM, each with a nonce of its own. A sealed text is `sealed:LABEL:BASE64URL`. */
export class Seal {
  #current = "";
  #keys: ReadonlyMap<string, Buffer> = new Map();
  readonly #secrets: Secrets;

  /** Throws when a label has other signs than letters, digits, `_` and `-`, or when the current key is missing. */
  constructor(keys: SealingKeys, secrets: Secrets) {
    this.#secrets = secrets;
    this.use(keys);
  }

  /** Other keys from now on: for a change of keys while everything runs. Throws as the constructor. */
  use({ current, keys }: SealingKeys): void {
    for (const label of Object.keys(keys)) if (!LABEL.test(label)) throw new Error(`a key's label: ${label}`);
    const made = new Map(
      Object.entries(keys).map(([label, secret]) => [label, Buffer.from(hkdfSync("sha256", secret, "", "seal", 32))]),
    );
    if (!made.has(current)) throw new Error(`the key ${current} is missing`);
    this.#keys = made;
    this.#current = current;
  }

  /** What texts sealed now begin with. */
  get currentPrefix(): string {
    return `${PREFIX}${this.#current}:`;
  }

  seal(text: string): string {
    const nonce = this.#secrets.bytes(NONCE_BYTES);
    const cipher = createCipheriv("aes-256-gcm", this.#keys.get(this.#current)!, nonce);
    const sealed = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
    return this.currentPrefix + Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString("base64url");
  }

  /** The text; what was not sealed with one of the keys comes back as it is: anybody may write something that only looks sealed. */
  unseal(text: string): string {
    if (!text.startsWith(PREFIX)) return text;
    const end = text.indexOf(":", PREFIX.length);
    const key = end < 0 ? undefined : this.#keys.get(text.slice(PREFIX.length, end));
    if (key === undefined) return text;
    const bytes = Buffer.from(text.slice(end + 1), "base64url");
    if (bytes.length < NONCE_BYTES + TAG_BYTES) return text;
    const body = NONCE_BYTES + TAG_BYTES;
    try {
      const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, NONCE_BYTES));
      decipher.setAuthTag(bytes.subarray(NONCE_BYTES, body));
      return Buffer.concat([decipher.update(bytes.subarray(body)), decipher.final()]).toString("utf8");
    } catch {
      return text;
    }
  }
}
