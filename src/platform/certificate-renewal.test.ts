import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { systemClock } from "../kit/clock-system.ts";
import { silentLog } from "../kit/log.ts";
import { systemSecrets } from "../kit/random-system.ts";
import { openCertificateAuthority } from "./certificate-authority.ts";
import { renewCertificates } from "./certificate-renewal.ts";
import { readCommandLine } from "./config.ts";

const DAY_MS = 86_400_000;
const { config } = readCommandLine([], {});

async function renewal(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), "ingot-renewal-"));
  t.after(() => rmSync(folder, { recursive: true }));
  let nowMs = systemClock().nowMs();
  let wake: () => void = () => undefined;
  let asleep = Promise.withResolvers<void>();
  const clock = {
    ...systemClock(),
    nowMs: () => nowMs,
    /** Sleeps until `pass` or the signal. */
    sleep: (_ms: number, signal?: AbortSignal) =>
      new Promise<void>((resolve, reject) => {
        if (signal?.aborted === true) return reject(signal.reason);
        signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
        wake = resolve;
        asleep.resolve();
      }),
  };
  const ca = await openCertificateAuthority(folder, { clock, secrets: systemSecrets() });
  let reloads = 0;
  const gorouter = { reloadCertificates: () => void reloads++ };
  const renewing = renewCertificates({ ca, config }, { clock, log: silentLog(), gorouter });
  const serial = (): string => new X509Certificate(readFileSync(join(folder, "router.crt"))).serialNumber;
  await asleep.promise;
  const pass = async (days: number): Promise<void> => {
    nowMs += days * DAY_MS;
    asleep = Promise.withResolvers();
    wake();
    await asleep.promise;
  };
  return { renewing, serial, pass, reloads: () => reloads };
}

test("a running platform renews the router's certificate 30 days before its end, once", async (t) => {
  const { renewing, serial, pass, reloads } = await renewal(t);
  await using _ = renewing;
  const first = serial();
  await pass(366);
  assert.equal(serial(), first);
  assert.equal(reloads(), 0);
  await pass(2);
  const second = serial();
  assert.notEqual(second, first);
  assert.equal(reloads(), 1);
  await pass(1);
  assert.equal(serial(), second);
  assert.equal(reloads(), 1);
});

test("an operator gets a new certificate at once", async (t) => {
  const { renewing, serial, reloads } = await renewal(t);
  await using _ = renewing;
  const first = serial();
  assert.match(await renewing.renew(), /GMT$/);
  assert.notEqual(serial(), first);
  assert.equal(reloads(), 1);
});
