import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import {
  createWriteStream,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { test } from "node:test";
import { createGzip, gzipSync, zstdCompressSync } from "node:zlib";
import { type Header, pack } from "tar-stream";
import { systemClock } from "../../../kit/clock-system.ts";
import type { HttpClient } from "../../../kit/http-client.ts";
import { silentLog } from "../../../kit/log.ts";
import { systemRandom } from "../../../kit/random-system.ts";
import { systemSubprocess } from "../../../kit/subprocess.ts";
import type { DownloadAction } from "../../../protocol/action.ts";
import { eventually } from "../testing/executor-bench.ts";
import { DropletLayers } from "./droplet-layers.ts";

const skip = process.getuid!() === 0 ? false : "not root: files cannot be given to another user";
const OFFSET = 100_000;
const MB = 1 << 20;
const limits = { streamBytesMax: 64 * MB, entriesMax: 1000 };
const never = new AbortController().signal;

/** A cache in a temporary folder and a server of droplets. */
class Shelf implements Disposable {
  readonly root = mkdtempSync(join(tmpdir(), "ingot-layers-"));
  readonly bodies = new Map<string, () => Readable>();
  requests = 0;
  #opened: DropletLayers[] = [];

  async open(bytesMax = 1024 * MB, root = this.root): Promise<DropletLayers> {
    const http: HttpClient = {
      request: async ({ url }) => {
        this.requests++;
        const body = this.bodies.get(url);
        return { status: body === undefined ? 404 : 200, headers: {}, body: body?.() ?? Readable.from([]) };
      },
    };
    const deps = {
      http,
      clock: systemClock(),
      random: systemRandom(),
      log: silentLog(),
      subprocess: systemSubprocess(),
    };
    const layers = await DropletLayers.open(
      { root, bytesMax, layerIdOffset: OFFSET, runtimesPath: join(this.root, "runtimes") },
      deps,
    );
    this.#opened.push(layers);
    return layers;
  }

  put(archive: Buffer, checksum = createHash("sha256").update(archive).digest("hex")): DownloadAction {
    const from = `http://cc/${checksum}`;
    this.bodies.set(from, () => Readable.from([archive.subarray(0, 3), archive.subarray(3)]));
    const where = { artifact: "droplet", to: ".", cacheKey: "key", user: "vcap" };
    return { kind: "download", from, checksumAlgorithm: "sha256", checksumValue: checksum, ...where };
  }

  /** Names of everything in it but the layers' notes, which come when they come. */
  names(): string[] {
    const others = ["shared", "runtimes", "droplet.tgz"];
    return readdirSync(this.root).filter((name) => !name.includes(".json") && !others.includes(name));
  }

  [Symbol.dispose](): void {
    for (const layers of this.#opened) layers[Symbol.dispose]();
    rmSync(this.root, { recursive: true, force: true });
  }
}

async function tgz(
  entries: readonly (Partial<Header> & { readonly name: string; readonly text?: string })[],
): Promise<Buffer> {
  const archive = pack();
  for (const { text, ...header } of entries) {
    if (text === undefined) archive.entry(header);
    else archive.entry(header, text);
  }
  archive.finalize();
  return gzipSync(await buffer(archive));
}

const hello = (text = "hello") =>
  tgz([
    { name: "./app", type: "directory", mode: 0o755 },
    { name: "./app/index.js", text, mode: 0o600 },
  ]);

test("a droplet becomes a folder of the container's vcap, below what belongs to the container's root", {
  skip,
}, async () => {
  using shelf = new Shelf();
  const layers = await shelf.open();
  const archive = await hello();
  await using held = await layers.acquire(shelf.put(archive), limits, never);
  const file = join(held.path, "home/vcap/app/index.js");
  assert.equal(readFileSync(file, "utf8"), "hello");
  assert.deepEqual([statSync(file).uid, statSync(file).gid, statSync(file).mode & 0o777], [102_000, 102_000, 0o600]);
  for (const [path, id] of [
    ["", 100_000],
    ["home", 100_000],
    ["home/vcap", 102_000],
  ] as const) {
    const { uid, gid } = statSync(join(held.path, path));
    assert.deepEqual([uid, gid], [id, id], path);
  }
  assert.equal(held.bytes, 8192);
  assert.equal(held.layer.downloadedBytes, archive.length);
});

test("all who want a droplet at once get one layer, made once; later ones too", { skip }, async () => {
  using shelf = new Shelf();
  const layers = await shelf.open();
  const download = shelf.put(await hello());
  const all = await Promise.all(Array.from({ length: 5 }, () => layers.acquire(download, limits, never)));
  assert.equal(new Set(all.map(({ path }) => path)).size, 1);
  assert.deepEqual(
    all.map(({ layer }) => layer.downloadedBytes > 0),
    [true, false, false, false, false],
    "one has downloaded it",
  );
  await layers.acquire(download, limits, never);
  assert.equal(shelf.requests, 1);
});

test("a droplet that was staged here is there before anybody asks; whoever asks meanwhile waits for it", {
  skip,
}, async () => {
  using shelf = new Shelf();
  const layers = await shelf.open();
  const archive = await hello("staged");
  const download = shelf.put(archive);
  const file = join(shelf.root, "droplet.tgz");
  writeFileSync(file, archive);
  const preparing = layers.prepare(file, limits, never);
  await eventually(() => shelf.names().some((name) => name.endsWith(".part")), "it has begun");
  const held = await layers.acquire(download, limits, never);
  await preparing;
  assert.equal(readFileSync(join(held.path, "home/vcap/app/index.js"), "utf8"), "staged");
  assert.equal(shelf.requests, 0);
  await assert.rejects(layers.prepare(join(shelf.root, "none"), limits, never));
});

test("plain and Zstandard archives are understood as well", { skip }, async () => {
  using shelf = new Shelf();
  const layers = await shelf.open();
  const { gunzipSync } = await import("node:zlib");
  const plain = gunzipSync(await hello("plain"));
  for (const archive of [plain, zstdCompressSync(plain)]) {
    const held = await layers.acquire(shelf.put(archive), limits, never);
    assert.equal(readFileSync(join(held.path, "home/vcap/app/index.js"), "utf8"), "plain");
  }
});

/** A droplet as the builder makes it: a row of gzip members, the runtime's file among them as it lies in the store. */
async function dropletWith(runtime: Buffer, compressed: Buffer, name: string, mode = 0o755): Promise<Buffer> {
  const archive = pack();
  archive.entry({ name: "./app/index.js", mode: 0o644 }, `app with ${name}`);
  archive.entry({ name, mode }, runtime);
  archive.entry({ name: "./last", mode: 0o644 }, "last");
  archive.finalize();
  const plain = await buffer(archive);
  const start = plain.indexOf(runtime.subarray(0, 64));
  const end = start + Math.ceil(runtime.length / 512) * 512;
  return Buffer.concat([gzipSync(plain.subarray(0, start)), compressed, gzipSync(plain.subarray(end))]);
}

test("a runtime's file that lies here already is not unpacked again: all layers have the same one", {
  skip,
}, async () => {
  using shelf = new Shelf();
  const runtime = randomBytes(2 * MB + 77);
  const compressed = gzipSync(Buffer.concat([runtime, Buffer.alloc(512 - (runtime.length % 512))]), { level: 1 });
  for (const [path, bytes] of [
    ["runtimes/node-1.2.3/bin/node", runtime],
    ["runtimes/node-1.2.3.gz/bin/node", compressed],
  ] as const) {
    mkdirSync(join(shelf.root, path, ".."), { recursive: true });
    writeFileSync(join(shelf.root, path), bytes);
  }
  const layers = await shelf.open();
  await layers.sweep();
  const make = async (name: string, mode?: number) => {
    const held = await layers.acquire(shelf.put(await dropletWith(runtime, compressed, name, mode)), limits, never);
    const home = join(held.path, "home/vcap");
    assert.equal(readFileSync(join(home, "app/index.js"), "utf8"), `app with ${name}`);
    assert.equal(readFileSync(join(home, "last"), "utf8"), "last");
    assert.ok(readFileSync(join(home, name)).equals(runtime), name);
    assert.ok(held.bytes > 2 * MB && held.bytes < 2 * MB + 64 * 1024, "it counts for each of them");
    return statSync(join(home, name));
  };
  const first = await make("./deps/0/bin/first");
  assert.equal(first.nlink, 1, "nothing is shared yet");
  const shared = join(shelf.root, "shared");
  await eventually(() => readdirSync(shared).some((name) => !name.endsWith(".part")), "it is shared");
  const second = await make("./deps/0/bin/second");
  const third = await make("./third");
  assert.deepEqual([second.nlink, second.uid, second.mode & 0o7777, second.ino], [2, 102_000, 0o755, third.ino]);
  assert.equal((await make("./deps/other-mode", 0o700)).nlink, 1, "what differs is a file of its own");
  const long = `./${"folder/".repeat(40)}node`;
  const misnamed = shelf.put(await dropletWith(runtime, compressed, long));
  await assert.rejects(layers.acquire(misnamed, limits, never), /ENOENT/, "its name stands elsewhere: no layer");
  const twice = pack();
  for (const text of ["", "again"]) twice.entry({ name: "./third", mode: 0o755 }, text);
  twice.finalize();
  const forged = Buffer.concat([await dropletWith(runtime, compressed, "./third"), gzipSync(await buffer(twice))]);
  await layers.acquire(shelf.put(forged), limits, never); // tar stops at the archive's own end
  rmSync(join(shelf.root, "runtimes"), { recursive: true });
  await (await shelf.open()).sweep();
  assert.deepEqual(readdirSync(shared), []);
});

test("what is wrong is no layer and leaves nothing: checksum, archive, server, size, number", { skip }, async () => {
  using shelf = new Shelf();
  const layers = await shelf.open();
  const archive = await hello();
  const fails = (download: DownloadAction, reason: RegExp, low = limits) =>
    assert.rejects(layers.acquire(download, low, never), reason);
  await fails(shelf.put(archive, "ab".repeat(32)), /checksum does not match/);
  await fails(shelf.put(archive.subarray(0, archive.length - 20)), /unexpected end of file/);
  await fails(shelf.put(Buffer.from("no archive at all, but longer than four bytes")), /tar|archive/i);
  await fails({ ...shelf.put(archive), from: "http://cc/none" }, /404/);
  await fails(shelf.put(await tgz([{ name: "big", text: "0".repeat(3 * MB) }])), /more than 1048576 bytes/, {
    ...limits,
    streamBytesMax: MB,
  });
  const many = Array.from({ length: 1001 }, (_, index) => ({ name: `f${index}`, text: "" }));
  await fails(shelf.put(await tgz(many)), /more than 1000 entries/);
  assert.deepEqual(shelf.names(), []);
});

test("hostile archives write nothing outside, make no devices and no programs that run as somebody else", {
  skip,
}, async () => {
  using shelf = new Shelf();
  const layers = await shelf.open();
  const victim = mkdtempSync(join(tmpdir(), "ingot-victim-"));
  try {
    const attempts: Record<string, (Partial<Header> & { readonly name: string; readonly text?: string })[]> = {
      "a link out, then a file through it": [
        { name: "door", type: "symlink", linkname: victim },
        { name: "door/owned", text: "x" },
      ],
      "an absolute name": [{ name: `${victim}/owned`, text: "x" }],
      "a name with dots": [{ name: "a/../../../../../owned", text: "x" }],
      "a hard link to the machine's file": [{ name: "shadow", type: "link", linkname: "/etc/shadow" }],
      "a hard link upwards": [{ name: "up", type: "link", linkname: "../../../../etc/passwd" }],
      "a device": [{ name: "null", type: "character-device", devmajor: 1, devminor: 3 }],
      "a white-out": [{ name: "app", type: "character-device", devmajor: 0, devminor: 0 }],
      "a pipe": [{ name: "pipe", type: "fifo" }],
    };
    for (const [what, entries] of Object.entries(attempts)) {
      await assert.rejects(layers.acquire(shelf.put(await tgz(entries)), limits, never), Error, what);
      assert.deepEqual([readdirSync(victim), shelf.names()], [[], []], what);
    }
    const decent = await tgz([
      { name: "tool", text: "x", mode: 0o6755 },
      { name: "etc", type: "symlink", linkname: "/etc" },
      { name: "up", type: "symlink", linkname: "../../../../../.." },
    ]);
    const held = await layers.acquire(shelf.put(decent), limits, never);
    const home = join(held.path, "home/vcap");
    assert.equal(statSync(join(home, "tool")).mode & 0o7777, 0o755, "no setuid, no setgid");
    assert.equal(readlinkSync(join(home, "etc")), "/etc", "links stay: they mean the container's own");
    assert.ok(lstatSync(join(home, "up")).isSymbolicLink());
  } finally {
    rmSync(victim, { recursive: true });
  }
});

test("the longest unused goes first, what is used stays whatever the limit", { skip }, async () => {
  using shelf = new Shelf();
  const layers = await shelf.open(3 * 8192);
  const make = async (text: string) => layers.acquire(shelf.put(await hello(text)), limits, never);
  const first = await make("first");
  const second = await make("second");
  const third = await make("third");
  const fourth = await make("fourth");
  assert.equal(shelf.names().length, 4, "all are used");
  await second[Symbol.asyncDispose]();
  await new Promise((resolve) => setTimeout(resolve, 5)); // another millisecond
  await first[Symbol.asyncDispose]();
  const fifth = await make("fifth");
  const there = [first, second, third, fourth, fifth].map(({ path }) => existsSync(path));
  assert.deepEqual(there, [false, false, true, true, true]);
});

test("the next start finds layers that are safe on the disk, and throws away what was half made or half removed", {
  skip,
}, async () => {
  using shelf = new Shelf();
  const before = await shelf.open();
  const download = shelf.put(await hello());
  const held = await before.acquire(download, limits, never);
  await eventually(() => existsSync(`${held.path}.json`), "it is safe");
  mkdirSync(join(shelf.root, `${"a".repeat(64)}.guid.part/home`), { recursive: true });
  mkdirSync(join(shelf.root, "b".repeat(64)));
  mkdirSync(join(shelf.root, "c".repeat(64)));
  writeFileSync(join(shelf.root, `${"d".repeat(64)}.json`), '{"bytes":1}');
  const after = await shelf.open();
  using _retained = new DisposableStack();
  after.retain({ digest: "b".repeat(64), bytes: 1, downloadedBytes: 0 });
  await after.sweep();
  assert.deepEqual(shelf.names().sort(), [held.layer.digest, "b".repeat(64)].sort());
  await after.acquire(download, limits, never);
  assert.equal(shelf.requests, 1, "not downloaded again");
});

test("a layer nearly as deep as a path may be long can be removed", { skip }, async () => {
  using shelf = new Shelf();
  const layers = await shelf.open(1);
  const deep = await tgz([{ name: `${"d/".repeat(1900)}file`, text: "x" }]);
  const held = await layers.acquire(shelf.put(deep), { ...limits, entriesMax: 10_000 }, never);
  await held[Symbol.asyncDispose]();
  await layers.sweep();
  assert.deepEqual(shelf.names(), []);
});

test("kill -9 in the middle: the next start ends whoever unpacks, and has a clean folder", { skip }, async () => {
  using shelf = new Shelf();
  const archive = pack();
  archive.entry({ name: "big" }, Buffer.alloc(256 * MB));
  archive.finalize();
  const droplet = join(shelf.root, "droplet.tgz");
  await pipeline(archive, createGzip({ level: 1 }), createWriteStream(droplet));
  const imports = { "droplet-layers": "DropletLayers", "../../../kit/clock-system": "systemClock" };
  const more = { "../../../kit/random-system": "systemRandom", "../../../kit/spawn-server": "spawnServer" };
  const program = `
    ${Object.entries({ ...imports, ...more })
      .map(([path, name]) => `import { ${name} } from ${JSON.stringify(join(import.meta.dirname, `${path}.ts`))};`)
      .join("\n")}
    import { createReadStream } from "node:fs";
    const [root, droplet, checksumValue] = process.argv.slice(1);
    const http = { request: async () => ({ status: 200, headers: {}, body: createReadStream(droplet) }) };
    const deps = { http, clock: systemClock(), random: systemRandom(), log: console, subprocess: spawnServer("test") };
    const layers = await DropletLayers.open({ root, bytesMax: 1e9, layerIdOffset: ${OFFSET}, runtimesPath: "" }, deps);
    const download = { from: "http://cc/x", checksumAlgorithm: "sha256", checksumValue };
    await layers.acquire(download, { streamBytesMax: 1e9, entriesMax: 10 }, new AbortController().signal);
  `;
  const checksum = createHash("sha256").update(readFileSync(droplet)).digest("hex");
  const args = ["--input-type=module", "-e", program, join(shelf.root, "cache"), droplet, checksum];
  const child = spawn(process.execPath, args, { stdio: "inherit" });
  const root = join(shelf.root, "cache");
  const home = await eventually(() => {
    const part = existsSync(root) ? readdirSync(root).find((name) => name.endsWith(".part")) : undefined;
    const folder = join(root, part ?? "", "home/vcap");
    return existsSync(join(folder, "big")) ? folder : null;
  }, "it is being unpacked");
  child.kill("SIGKILL");
  await once(child, "exit");
  await shelf.open(1, root);
  await eventually(() => workersIn(home) === 0, "whoever unpacked is gone");
  assert.deepEqual(readdirSync(root), []);
});

/** Processes that work in this folder. */
function workersIn(folder: string): number {
  return readdirSync("/proc").filter((name) => {
    try {
      return /^\d+$/.test(name) && readlinkSync(`/proc/${name}/cwd`) === folder;
    } catch {
      return false; // ended in between
    }
  }).length;
}

test("an unpacking that is given up leaves nothing", { skip }, async () => {
  using shelf = new Shelf();
  const layers = await shelf.open();
  const download = shelf.put(await hello());
  const stuck = new PassThrough();
  shelf.bodies.set(download.from, () => stuck);
  const stop = new AbortController();
  const acquired = assert.rejects(layers.acquire(download, limits, stop.signal));
  stuck.write((await hello()).subarray(0, 50));
  await eventually(() => shelf.names().length > 0, "it has begun");
  stop.abort(new Error("the platform goes away"));
  await acquired;
  assert.deepEqual(shelf.names(), []);
});
