import type { InstanceIdentity } from "../diego/executor/index.ts";
import type { CertificateAuthority } from "./certificate-authority.ts";

const DAY_MS = 86_400_000;

/** Certificates of app instances, signed by the platform's CA, valid for 24 hours. Diego: instance_identity */
export function instanceIdentity(ca: CertificateAuthority): InstanceIdentity {
  return {
    issue: async ({ guid, ip, organizationalUnits }) => {
      const { certPem, keyPem } = await ca.issue({
        commonName: guid,
        organizationalUnits,
        dnsNames: [guid],
        ipAddresses: ip === "" ? [] : [ip],
        validForMs: DAY_MS,
        use: "server-and-client",
      });
      return { certPem: certPem + ca.certPem, keyPem };
    },
  };
}
