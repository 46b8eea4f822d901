import { mkdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { BindMount } from "../../garden/client.ts";
import type { EnvironmentVariable } from "../../protocol/action.ts";

/** In the container. Diego: rep's instance_identity_cred_dir and its mount */
const MOUNT_PATH = "/etc/cf-instance-credentials";
/** A certificate lasts 24 hours and is renewed half an hour before its end. Diego: containerstore/credmanager.go */
const RENEW_AFTER_MS = 23.5 * 3_600_000;

/** Who signs the instances' certificates. */
export interface InstanceIdentity {
  /** Valid for 24 hours; common name and DNS name are the guid, the address is an IP name. The chain includes the CA. */
  issue(request: {
    readonly guid: string;
    readonly ip: string;
    readonly organizationalUnits: readonly string[];
  }): Promise<{ readonly certPem: string; readonly keyPem: string }>;
}

/** The folder with certificate and key of each container. Diego: containerstore/instance_identity_handler.go */
export class InstanceCredentials {
  readonly #root: string;
  readonly #identity: InstanceIdentity;

  constructor(root: string, identity: InstanceIdentity) {
    this.#root = root;
    this.#identity = identity;
  }

  async create(guid: string): Promise<{ readonly mount: BindMount; readonly env: readonly EnvironmentVariable[] }> {
    const folder = join(this.#root, guid);
    await mkdir(folder, { recursive: true, mode: 0o755 });
    return {
      mount: { sourcePath: folder, destinationPath: MOUNT_PATH, mode: "ro" },
      env: [
        { name: "CF_INSTANCE_CERT", value: `${MOUNT_PATH}/instance.crt` },
        { name: "CF_INSTANCE_KEY", value: `${MOUNT_PATH}/instance.key` },
      ],
    };
  }

  /** Writes a new pair. Each file is replaced at once: a reader never sees half of one. */
  async issue(guid: string, ip: string, organizationalUnits: readonly string[]): Promise<void> {
    const { certPem, keyPem } = await this.#identity.issue({ guid, ip, organizationalUnits });
    await this.#replace(guid, "instance.key", keyPem);
    await this.#replace(guid, "instance.crt", certPem);
  }

  async isDue(guid: string, nowMs: number): Promise<boolean> {
    const written = await stat(join(this.#root, guid, "instance.crt")).catch(() => null);
    return written === null || nowMs - written.mtimeMs >= RENEW_AFTER_MS;
  }

  async remove(guid: string): Promise<void> {
    await rm(join(this.#root, guid), { recursive: true, force: true });
  }

  // Readable for the app's user, whose number outside the container is another one; the state folder guards it.
  async #replace(guid: string, name: string, text: string): Promise<void> {
    const path = join(this.#root, guid, name);
    await writeFile(`${path}.tmp`, text, { mode: 0o644 });
    await rename(`${path}.tmp`, path);
  }
}
