import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type TestContext, test } from "node:test";
import { Worker } from "node:worker_threads";
import { createGunzip, createGzip, gunzipSync, gzipSync } from "node:zlib";
import { extract, pack } from "tar-stream";
import { startBlobstore } from "../../capi/blobstore/index.ts";
import { systemClock } from "../../kit/clock-system.ts";
import { silentLog } from "../../kit/log.ts";
import { systemRandom } from "../../kit/random-system.ts";
import { Sqlite } from "../../kit/sqlite.ts";
import { openStateFolder, type StateFolder } from "../state-folder.ts";
import { BackupError, backUp } from "./backup.ts";
import { BACKUP_FORMAT, BadBackupError, HEADER_NAME, MANIFEST_NAME } from "./backup-manifest.ts";
import { restore } from "./restore.ts";

type EntryHeaders = Parameters<ReturnType<typeof pack>["entry"]>[0];
const deps = { clock: systemClock() };
/** Tries again at once. */
const impatient = { clock: { ...systemClock(), sleep: async () => undefined } };
const { signal } = new AbortController();
const HEADER = JSON.stringify({ format: BACKUP_FORMAT, version: "0", createdAt: "2026-01-01T00:00:00.000Z" });
const SECRETS = "{}\n";

function temporary(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "ingot-backup-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function stateIn(folder: string): StateFolder {
  const state = openStateFolder(join(folder, "state"));
  writeFileSync(join(state.root, "secrets.json"), `{"adminPassword":"pw"}\n`, { mode: 0o600 });
  writeFileSync(join(state.ca, "ca.crt"), "certificate");
  writeFileSync(join(state.ca, "ca.key"), "key");
  return state;
}

/** The Cloud Controller's tables as far as blobs stand in them. */
function controllerOf(state: StateFolder): Sqlite {
  const file = new Sqlite(join(state.data, "cloud-controller.sqlite"));
  file.exec(`CREATE TABLE packages (guid TEXT, type TEXT, state TEXT, sha256 TEXT) STRICT;
    CREATE TABLE droplets (guid TEXT, lifecycle_type TEXT, state TEXT, sha256 TEXT) STRICT;
    CREATE TABLE buildpacks (guid TEXT, name TEXT, sha256 TEXT) STRICT;`);
  return file;
}

function addDroplet(file: Sqlite, guid: string, content: string): void {
  const sha256 = createHash("sha256").update(content).digest("hex");
  file.prepare("INSERT INTO droplets VALUES (?, 'buildpack', 'STAGED', ?)").run(guid, sha256);
}

async function archiveOf(target: string, entries: readonly (readonly [EntryHeaders, string])[]): Promise<void> {
  const tar = pack();
  for (const [headers, body] of entries) tar.entry(headers, body);
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar.pipe(createGzip())) chunks.push(chunk as Buffer);
  writeFileSync(target, Buffer.concat(chunks));
}

function isSame(zipped: Buffer, content: Buffer): boolean {
  try {
    return gunzipSync(zipped).equals(content);
  } catch {
    return false;
  }
}

const manifestOf = (...files: readonly (readonly [string, string])[]): string =>
  JSON.stringify({
    files: files.map(([path, body]) => ({
      path,
      size: Buffer.byteLength(body),
      sha256: createHash("sha256").update(body).digest("hex"),
    })),
  });

test("a backup that is made while others write and delete holds every blob that its databases speak of", async (t) => {
  const folder = temporary(t);
  const state = stateIn(folder);
  controllerOf(state)[Symbol.dispose]();
  const database = join(state.data, "cloud-controller.sqlite");
  const churn = new Worker(new URL("./testing/churn-main.ts", import.meta.url), {
    workerData: { blobs: state.blobs, database },
  });
  const ended = new Promise((resolve) => churn.once("exit", resolve));
  t.after(() => churn.terminate());
  await new Promise<void>((resolve, reject) => churn.once("message", () => resolve()).once("error", reject));
  for (let round = 0; round < 8; round++) {
    const file = join(folder, `backup-${round}.tar.gz`);
    await backUp(state, file, impatient, signal);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    const target = join(folder, `restored-${round}`);
    await restore(file, target, signal);
    assert.equal(statSync(target).mode & 0o777, 0o700);
    assert.equal(readFileSync(join(target, "secrets.json"), "utf8"), `{"adminPassword":"pw"}\n`);
    assert.equal(readFileSync(join(target, "ca", "ca.key"), "utf8"), "key");
    using restored = new Sqlite(join(target, "data", "cloud-controller.sqlite"));
    await using store = await startBlobstore(
      { root: join(target, "blobs") },
      { random: systemRandom(), log: silentLog() },
    );
    const rows = restored.prepare("SELECT guid, sha256 FROM droplets").all();
    assert.ok(rows.length > 0);
    for (const row of rows) {
      const hash = createHash("sha256");
      for await (const chunk of await store.client.read("droplets", String(row["guid"]))) hash.update(chunk as Buffer);
      assert.equal(hash.digest("hex"), row["sha256"]);
    }
  }
  churn.postMessage("stop");
  await ended;
  assert.deepEqual(readdirSync(state.tmp), []);
});

test("what belongs to this machine stays out, zones come along", async (t) => {
  const folder = temporary(t);
  const state = stateIn(folder);
  for (const name of ["bbs", "executor", "locket", "policy-server", "uaa-zone-z1"]) {
    using file = new Sqlite(join(state.data, `${name}.sqlite`));
    file.exec("CREATE TABLE t (x TEXT) STRICT");
  }
  {
    using uaa = new Sqlite(join(state.data, "uaa.sqlite"));
    uaa.exec("CREATE TABLE identity_zones (id TEXT) STRICT; INSERT INTO identity_zones VALUES ('z1')");
  }
  const file = join(folder, "b.tar.gz");
  await backUp(state, file, deps, signal);
  const names: string[] = [];
  const tar = extract();
  const flowing = pipeline(Readable.from([readFileSync(file)]), createGunzip(), tar);
  for await (const entry of tar) {
    names.push(entry.header.name);
    entry.resume();
  }
  await flowing;
  assert.deepEqual(names, [
    HEADER_NAME,
    "secrets.json",
    "ca/ca.crt",
    "ca/ca.key",
    "data/uaa.sqlite",
    "data/policy-server.sqlite",
    "data/uaa-zone-z1.sqlite",
    MANIFEST_NAME,
  ]);
});

test("nothing is written over, and what cannot be made leaves nothing", async (t) => {
  const folder = temporary(t);
  const state = stateIn(folder);
  const file = join(folder, "b.tar.gz");
  writeFileSync(file, "mine");
  await assert.rejects(backUp(state, file, deps, signal), new BackupError(`${file} exists already`));
  assert.equal(readFileSync(file, "utf8"), "mine");
  const stop = new AbortController();
  stop.abort(new Error("interrupted"));
  await assert.rejects(backUp(state, join(folder, "c.tar.gz"), deps, stop.signal));
  assert.deepEqual(readdirSync(folder).sort(), ["b.tar.gz", "state"]);
  assert.deepEqual(readdirSync(state.tmp), []);
});

test("rows in PostgreSQL are left to its own tools", async (t) => {
  const folder = temporary(t);
  const state = stateIn(folder);
  writeFileSync(join(state.data, "rows-in-postgresql"), "");
  await assert.rejects(backUp(state, join(folder, "b.tar.gz"), deps, signal), /pg_dump/);
});

test("a blob that lost its content fails the backup with its name; one that rotted is left out by a restore", async (t) => {
  const folder = temporary(t);
  const state = stateIn(folder);
  using controller = controllerOf(state);
  await using blobs = await startBlobstore({ root: state.blobs }, { random: systemRandom(), log: silentLog() });
  const { sha256 } = await blobs.client.put("droplets", "d", Readable.from([Buffer.from("good")]), {
    bytesMax: 10,
    signal,
  });
  addDroplet(controller, "d", "good");
  const path = join(state.blobs, "contents", sha256.slice(0, 2), sha256);
  writeFileSync(path, "evil");
  const report = await backUp(state, join(folder, "b.tar.gz"), deps, signal);
  const content = `blobs/contents/${sha256.slice(0, 2)}/${sha256}`;
  assert.deepEqual(report.damaged, [content]);
  assert.deepEqual((await restore(join(folder, "b.tar.gz"), join(folder, "r"), signal)).leftOut, [content]);
  assert.equal(existsSync(join(folder, "r", content)), false);
  rmSync(path);
  await assert.rejects(backUp(state, join(folder, "c.tar.gz"), impatient, signal), /the blob of droplet d is missing/);
});

test("archives that are cut off, damaged or not ours are refused, and leave nothing", async (t) => {
  const folder = temporary(t);
  const state = stateIn(folder);
  using controller = controllerOf(state);
  addDroplet(controller, "unused", "x");
  controller.exec("DELETE FROM droplets");
  const file = join(folder, "b.tar.gz");
  await backUp(state, file, deps, signal);
  const whole = readFileSync(file);
  const target = join(folder, "target");
  const refused = async (bytes: Uint8Array, why: RegExp): Promise<void> => {
    writeFileSync(join(folder, "bad"), bytes);
    await assert.rejects(restore(join(folder, "bad"), target, signal), (error: Error) => {
      assert.ok(error instanceof BadBackupError, String(error));
      assert.match(error.message, why);
      return true;
    });
    assert.equal(existsSync(target), false);
    assert.deepEqual(readdirSync(folder).sort(), ["b.tar.gz", "bad", "state"]);
  };
  for (const share of [0.1, 0.5, 0.9, 0.999]) {
    await refused(whole.subarray(0, Math.floor(whole.length * share)), /cut off|damaged/);
  }
  // Cut off between two entries, with a gzip that is whole.
  const tar = gunzipSync(whole);
  await refused(gzipSync(tar.subarray(0, tar.length - 3072)), /cut off|damaged/);
  for (let at = 20; at < whole.length; at += Math.ceil(whole.length / 15)) {
    const flipped = Buffer.from(whole);
    flipped[at] = flipped[at]! ^ 0x55;
    if (isSame(flipped, tar)) continue; // zeros copied from elsewhere are zeros
    await refused(flipped, /damaged|cut off|no backup|broken|no JSON|not what it holds|does not belong/);
  }
  await refused(Buffer.from("no gzip"), /damaged/);
  await refused(gzipSync("no tar".repeat(200)), /damaged|cut off/);
  await refused(Buffer.alloc(0), /cut off|damaged|no backup/);
});

test("hostile archives are refused", async (t) => {
  const folder = temporary(t);
  const victim = join(folder, "victim");
  writeFileSync(victim, "untouched");
  const target = join(folder, "target");
  const bad = join(folder, "bad");
  const header: readonly [EntryHeaders, string] = [{ name: HEADER_NAME }, HEADER];
  const cases: readonly (readonly [RegExp, ...(readonly (readonly [EntryHeaders, string])[])])[] = [
    [/does not belong/, header, [{ name: "../victim" }, "evil"]],
    [/does not belong/, header, [{ name: victim }, "evil"]],
    [/does not belong/, header, [{ name: "data/../../victim.sqlite" }, "evil"]],
    [/does not belong/, header, [{ name: "data/x.sqlite-wal" }, "evil"]],
    [/does not belong/, header, [{ name: "run/control.sock" }, "evil"]],
    [/does not belong/, header, [{ name: `blobs/contents/ab/${"c".repeat(64)}` }, "evil"]],
    [/is a symlink/, header, [{ name: "data/uaa.sqlite", type: "symlink", linkname: victim }, ""]],
    [/is a link/, header, [{ name: "data/uaa.sqlite", type: "link", linkname: "../victim" }, ""]],
    [/is a directory/, header, [{ name: "data", type: "directory" }, ""]],
    [/is a fifo/, header, [{ name: "data/uaa.sqlite", type: "fifo" }, ""]],
    [/twice/, header, [{ name: "secrets.json" }, SECRETS], [{ name: "secrets.json" }, SECRETS]],
    [/no backup of Ingot/, [{ name: "secrets.json" }, SECRETS]],
    [/no backup of Ingot/, [{ name: HEADER_NAME }, `{"format":"else"}`]],
    [/knows ingot-backup/, [{ name: HEADER_NAME }, `{"format":"ingot-backup/99"}`]],
    [/list of files is missing/, header, [{ name: "secrets.json" }, SECRETS]],
    [/not what it holds/, header, [{ name: "secrets.json" }, SECRETS], [{ name: MANIFEST_NAME }, manifestOf()]],
    [
      /is damaged/,
      header,
      [{ name: "secrets.json" }, SECRETS],
      [{ name: MANIFEST_NAME }, manifestOf(["secrets.json", "other"])],
    ],
    [/list of files is none/, header, [{ name: MANIFEST_NAME }, `{"files":[null]}`]],
    [/no secrets.json/, header, [{ name: MANIFEST_NAME }, manifestOf()]],
    [/after its list/, header, [{ name: MANIFEST_NAME }, manifestOf()], [{ name: "secrets.json" }, SECRETS]],
    [
      /is broken/,
      header,
      [{ name: "secrets.json" }, SECRETS],
      [{ name: "data/uaa.sqlite" }, "no database"],
      [{ name: MANIFEST_NAME }, manifestOf(["secrets.json", SECRETS], ["data/uaa.sqlite", "no database"])],
    ],
  ];
  for (const [why, ...entries] of cases) {
    await archiveOf(bad, entries);
    await assert.rejects(restore(bad, target, signal), (error: Error) => {
      assert.ok(error instanceof BadBackupError, String(error));
      assert.match(error.message, why);
      return true;
    });
    assert.deepEqual(readdirSync(folder).sort(), ["bad", "victim"]);
  }
  assert.equal(readFileSync(victim, "utf8"), "untouched");
  await archiveOf(bad, [
    header,
    [{ name: "secrets.json" }, SECRETS],
    [{ name: MANIFEST_NAME }, manifestOf(["secrets.json", SECRETS])],
  ]);
  assert.equal((await restore(bad, target, signal)).files, 1);
  await assert.rejects(restore(bad, target, signal), new BadBackupError(`${target} is not empty`));
});
