import assert from "node:assert/strict";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { test } from "node:test";
import { systemClock } from "./clock-system.ts";
import { systemSecrets } from "./random-system.ts";
import { issueCertificate } from "./x509.ts";

const deps = { clock: systemClock(), secrets: systemSecrets() };
const DAY_MS = 86_400_000;

test("a certificate issued by the CA verifies against it and carries its names", async () => {
  const ca = await issueCertificate({ commonName: "Ingot CA", validForMs: 10 * DAY_MS, use: "ca" }, null, deps);
  const leaf = await issueCertificate(
    {
      commonName: "instance",
      organizationalUnits: ["organization:a", "space:b", "app:c"],
      dnsNames: ["*.cf.localhost"],
      ipAddresses: ["10.1.2.3", "fd00::2"],
      validForMs: DAY_MS,
      use: "server-and-client",
    },
    ca,
    deps,
  );
  const parsedCa = new X509Certificate(ca.certPem);
  const parsed = new X509Certificate(leaf.certPem);
  assert.ok(parsedCa.ca);
  assert.ok(!parsed.ca);
  assert.ok(parsedCa.verify(parsedCa.publicKey));
  assert.ok(parsed.verify(parsedCa.publicKey));
  assert.ok(parsed.checkIssued(parsedCa));
  assert.ok(parsed.checkPrivateKey(createPrivateKey(leaf.keyPem)));
  assert.equal(parsed.checkHost("api.cf.localhost"), "*.cf.localhost");
  assert.equal(parsed.checkIP("10.1.2.3"), "10.1.2.3");
  assert.ok(parsed.checkIP("fd00::2"));
  assert.match(parsed.subject, /OU=organization:a/);
  assert.ok(Date.parse(parsed.validTo) - Date.now() < DAY_MS + 1000);
});
