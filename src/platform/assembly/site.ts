import type { CcUrls } from "../../capi/cloud-controller/index.ts";
import type { CertificateAuthority } from "../certificate-authority.ts";
import type { IngotConfig } from "../config.ts";
import type { Ports } from "../ports.ts";
import type { SecretStore } from "../secret-store.ts";
import type { StateFolder } from "../state-folder.ts";

/** Everything that is decided before the first component starts. */
export interface Site {
  readonly config: IngotConfig;
  readonly state: StateFolder;
  readonly ports: Ports;
  readonly urls: CcUrls;
  readonly store: SecretStore;
  readonly ca: CertificateAuthority;
  readonly adminPassword: string;
  readonly sshFingerprint: string;
  readonly cpuCount: number;
}
