import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { writeFileDurably } from "./secret-store.ts";

/** The SSH proxy's host key: an Ed25519 key in PKCS #8, made at first start. */
export function openSshHostKey(folder: string): { readonly keyPath: string; readonly fingerprint: string } {
  const keyPath = join(folder, "ssh-host.key");
  if (!existsSync(keyPath)) {
    const { privateKey } = generateKeyPairSync("ed25519");
    writeFileDurably(keyPath, privateKey.export({ type: "pkcs8", format: "pem" }) as string, 0o600);
  }
  return { keyPath, fingerprint: fingerprint(readFileSync(keyPath, "utf8")) };
}

/** SHA-256 of the public key blob, base64 without padding: what `cf ssh` compares (cli: cf/ssh/ssh.go, 43 characters). */
function fingerprint(keyPem: string): string {
  const { x } = createPublicKey(createPrivateKey(keyPem)).export({ format: "jwk" });
  const text = (value: Uint8Array): Buffer => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(value.length);
    return Buffer.concat([length, value]);
  };
  const blob = Buffer.concat([text(Buffer.from("ssh-ed25519")), text(Buffer.from(x!, "base64url"))]);
  return createHash("sha256").update(blob).digest("base64").replace(/=+$/, "");
}
