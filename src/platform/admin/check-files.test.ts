import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { systemClock } from "../../kit/clock-system.ts";
import { systemSecrets } from "../../kit/random-system.ts";
import { openCertificateAuthority } from "../certificate-authority.ts";
import { openStateFolder } from "../state-folder.ts";
import { checkFiles } from "./check-files.ts";

const { signal } = new AbortController();
const deps = { clock: systemClock(), secrets: systemSecrets() };

test("broken databases, rotten blobs, ended certificates and open secrets are found, each with what helps", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "ingot-check-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const state = openStateFolder(folder);
  const ca = await openCertificateAuthority(state.ca, deps);
  await ca.routerCertificate(["*.cf.localhost"], ["127.0.0.1"]);
  writeFileSync(join(folder, "secrets.json"), "{}", { mode: 0o600 });
  const path = join(state.data, "a.sqlite");
  {
    using db = new DatabaseSync(path);
    db.exec(
      "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p INTEGER REFERENCES p (id)); INSERT INTO p VALUES (1)",
    );
  }
  const problems = async (nowMs = deps.clock.nowMs()): Promise<string[]> =>
    (await checkFiles(state, nowMs, signal)).faults.map(({ problem }) => problem);
  assert.deepEqual(await problems(), []);

  {
    using db = new DatabaseSync(path);
    db.exec("PRAGMA foreign_keys = OFF; INSERT INTO c VALUES (7)");
  }
  assert.match((await problems())[0]!, /row 1 of c points at nothing in p/);
  writeFileSync(path, Buffer.concat([readFileSync(path).subarray(0, 4096), Buffer.alloc(4096, 0x5a)]));
  assert.match((await problems()).join("\n"), /a\.sqlite: /);
  rmSync(path);

  const contents = join(state.blobs, "contents", "ab");
  mkdirSync(contents, { recursive: true });
  writeFileSync(join(contents, "ab".repeat(32)), "rotten");
  assert.deepEqual((await checkFiles(state, deps.clock.nowMs(), signal)).damaged, ["ab".repeat(32)]);

  const yearMs = 370 * 86_400_000;
  assert.match((await problems(deps.clock.nowMs() + yearMs)).join("\n"), /router\.crt ends on/);
  assert.match((await problems(deps.clock.nowMs() + 2 * yearMs)).join("\n"), /router\.crt has ended on/);
  writeFileSync(join(state.ca, "router.key"), readFileSync(join(state.ca, "ca.key")));
  chmodSync(join(folder, "secrets.json"), 0o644);
  assert.deepEqual(await problems(), [
    "router.key does not belong to router.crt",
    `${join(folder, "secrets.json")} can be read by others`,
  ]);
});

test("a certificate whose key is another's is made anew at the next start", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "ingot-check-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const ca = await openCertificateAuthority(folder, deps);
  const first = await ca.routerCertificate(["*.cf.localhost"], ["127.0.0.1"]);
  assert.equal((await ca.routerCertificate(["*.cf.localhost"], ["127.0.0.1"])).certPem, first.certPem);
  writeFileSync(join(folder, "router.key"), readFileSync(join(folder, "ca.key")));
  const second = await ca.routerCertificate(["*.cf.localhost"], ["127.0.0.1"]);
  assert.notEqual(second.certPem, first.certPem);
  const third = await ca.routerCertificate(["*.cf.localhost"], ["127.0.0.1"], true);
  assert.notEqual(third.certPem, second.certPem);
});
