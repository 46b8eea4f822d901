import { createPrivateKey, X509Certificate } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../kit/clock.ts";
import type { Secrets } from "../kit/random.ts";
import { type CertificateRequest, type CertifiedKey, issueCertificate } from "../kit/x509.ts";
import { writeFileDurably } from "./secret-store.ts";

const DAY_MS = 86_400_000;
const CA_DAYS = 3650;
/** Browsers refuse more than 825 days for certificates of local authorities. */
const ROUTER_DAYS = 397;
/** What the CA has signed is renewed so long before its end. */
export const RENEW_MS = 30 * DAY_MS;

/** The certificate authority of one Ingot, made at first start. */
export interface CertificateAuthority {
  readonly certPath: string;
  readonly certPem: string;
  issue(request: CertificateRequest): Promise<CertifiedKey>;
  /**
   * The router's certificate: kept in the state folder, renewed 30 days before its end, when the names change, or when `anew`.
   */
  routerCertificate(
    dnsNames: readonly string[],
    ipAddresses: readonly string[],
    anew?: boolean,
  ): Promise<CertifiedKey & { readonly certPath: string; readonly keyPath: string }>;
}

/** Opens or makes the CA in `folder` (`ca.crt`, `ca.key` with mode 0600). */
export async function openCertificateAuthority(
  folder: string,
  deps: { readonly clock: Clock; readonly secrets: Secrets },
): Promise<CertificateAuthority> {
  const certPath = join(folder, "ca.crt");
  const keyPath = join(folder, "ca.key");
  if (!existsSync(certPath) || !existsSync(keyPath)) {
    const made = await issueCertificate(
      { commonName: "Ingot local CA", validForMs: CA_DAYS * DAY_MS, use: "ca" },
      null,
      deps,
    );
    writeFileDurably(keyPath, made.keyPem, 0o600);
    writeFileDurably(certPath, made.certPem, 0o644);
  }
  const ca: CertifiedKey = { certPem: readFileSync(certPath, "utf8"), keyPem: readFileSync(keyPath, "utf8") };
  const issue = (request: CertificateRequest): Promise<CertifiedKey> => issueCertificate(request, ca, deps);
  return {
    certPath,
    certPem: ca.certPem,
    issue,
    routerCertificate: async (dnsNames, ipAddresses, anew = false) => {
      const paths = { certPath: join(folder, "router.crt"), keyPath: join(folder, "router.key") };
      if (!anew && existsSync(paths.certPath) && existsSync(paths.keyPath)) {
        const certPem = readFileSync(paths.certPath, "utf8");
        const keyPem = readFileSync(paths.keyPath, "utf8");
        const parsed = new X509Certificate(certPem);
        const covers =
          dnsNames.every((name) => parsed.subjectAltName?.includes(`DNS:${name}`)) &&
          ipAddresses.every((one) => parsed.checkIP(one));
        const lasts = Date.parse(parsed.validTo) - deps.clock.nowMs() > RENEW_MS;
        // A start that was killed between the two files leaves one of each pair.
        const fits = parsed.checkPrivateKey(createPrivateKey(keyPem));
        if (fits && covers && lasts && parsed.verify(new X509Certificate(ca.certPem).publicKey)) {
          return { certPem, keyPem, ...paths };
        }
      }
      const made = await issue({
        commonName: dnsNames[0] ?? "router",
        dnsNames,
        ipAddresses,
        validForMs: ROUTER_DAYS * DAY_MS,
        use: "server",
      });
      writeFileDurably(paths.keyPath, made.keyPem, 0o600);
      writeFileDurably(paths.certPath, made.certPem, 0o644);
      return { ...made, ...paths };
    },
  };
}
