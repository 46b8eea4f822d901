import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { lstat, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { type TestContext, test } from "node:test";
import { gzipSync } from "node:zlib";
import { extract, pack } from "tar-stream";
import { ZipFile } from "yazl";
import { systemClock } from "../../kit/clock-system.ts";
import type { HttpRequest } from "../../kit/http-client.ts";
import { systemRandom } from "../../kit/random-system.ts";
import { tarStreamOf } from "./archive-tar.ts";
import { CachedDownloads } from "./cached-downloads.ts";
import { extractTar, UnsafeArchiveError } from "./extract-tar.ts";

interface TarEntry {
  readonly name: string;
  readonly type?: "directory" | "symlink" | "link";
  readonly linkname?: string;
  readonly mode?: number;
  readonly content?: string;
}

const signal = new AbortController().signal;

async function folder(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "ingot-downloads-"));
  t.after(() => rm(path, { recursive: true, force: true }));
  return path;
}

async function tar(entries: readonly TarEntry[]): Promise<Buffer> {
  const packed = pack();
  for (const { content, ...header } of entries) packed.entry(header, content ?? "");
  packed.finalize();
  return await buffer(Readable.from(packed));
}

async function zip(fill: (file: ZipFile) => void): Promise<Buffer> {
  const file = new ZipFile();
  fill(file);
  file.end();
  return await buffer(file.outputStream);
}

/** A server that answers from `bodies` with their hash as ETag. */
function server(bodies: Map<string, Buffer | number>) {
  const requests: HttpRequest[] = [];
  const http = {
    request: async (request: HttpRequest) => {
      requests.push(request);
      const body = bodies.get(request.url);
      if (body === undefined) throw new Error("connect ECONNREFUSED");
      if (typeof body === "number") return { status: body, headers: {}, body: Readable.from([]) };
      const etag = createHash("sha1").update(body).digest("hex");
      if (request.headers?.["if-none-match"] === etag) return { status: 304, headers: {}, body: Readable.from([]) };
      return { status: 200, headers: { etag }, body: Readable.from([body]) };
    },
  };
  return { requests, deps: { http, clock: systemClock(), random: systemRandom() } };
}

test("the same version is fetched once, also after a restart; another version replaces it", async (t) => {
  const root = await folder(t);
  const bodies = new Map<string, Buffer | number>([["http://x/a", Buffer.from("one")]]);
  const { deps, requests } = server(bodies);
  const download = { from: "http://x/a", cacheKey: "a" };
  const cache = await CachedDownloads.open(root, 1000, deps);
  {
    await using first = await cache.file(download, signal);
    assert.equal(first.downloadedBytes, 3);
    await using second = await cache.file(download, signal);
    assert.equal(second.downloadedBytes, 0);
    assert.equal(await readFile(second.path, "utf8"), "one");
  }
  const again = await CachedDownloads.open(root, 1000, deps);
  await using kept = await again.file(download, signal);
  assert.equal(kept.downloadedBytes, 0);
  assert.equal(requests.filter(({ headers }) => headers?.["if-none-match"] !== undefined).length, 2);
  bodies.set("http://x/a", Buffer.from("second"));
  {
    await using changed = await again.file(download, signal);
    assert.equal(await readFile(changed.path, "utf8"), "second");
    assert.equal(await readFile(kept.path, "utf8"), "one", "whoever uses the old version keeps it");
  }
  await kept[Symbol.asyncDispose]();
  assert.equal((await readdir(root)).length, 2, "one version with its note");
});

test("a known checksum needs no question; without a key nothing is kept", async (t) => {
  const root = await folder(t);
  const { deps, requests } = server(new Map([["http://x/a", Buffer.from("one")]]));
  const cache = await CachedDownloads.open(root, 1000, deps);
  const checksum = {
    checksumAlgorithm: "sha1",
    checksumValue: createHash("sha1").update("one").digest("hex"),
  } as const;
  for (let round = 0; round < 3; round++) {
    await using _file = await cache.file({ from: "http://x/a", cacheKey: "a", ...checksum }, signal);
  }
  assert.equal(requests.length, 1);
  {
    await using _file = await cache.file({ from: "http://x/a", cacheKey: "" }, signal);
  }
  assert.equal((await readdir(root)).length, 2);
});

test("the longest unused goes when there is no room, never what is in use", async (t) => {
  const root = await folder(t);
  const bodies = new Map(["a", "b", "c"].map((name) => [`http://x/${name}`, Buffer.alloc(400)] as const));
  const { deps, requests } = server(bodies);
  const cache = await CachedDownloads.open(root, 1000, deps);
  await using _inUse = await cache.file({ from: "http://x/a", cacheKey: "a" }, signal);
  for (const name of ["b", "c"]) {
    await using _file = await cache.file({ from: `http://x/${name}`, cacheKey: name }, signal);
  }
  requests.length = 0;
  for (const name of ["a", "b"]) {
    await using _file = await cache.file({ from: `http://x/${name}`, cacheKey: name }, signal);
  }
  assert.deepEqual(
    requests.map(({ url, headers }) => `${url} ${headers?.["if-none-match"] === undefined ? "new" : "known"}`),
    ["http://x/a known", "http://x/b new"],
  );
});

test("two who want the same thing at once share one download", async (t) => {
  const { deps, requests } = server(new Map([["http://x/a", Buffer.from("one")]]));
  const cache = await CachedDownloads.open(await folder(t), 1000, deps);
  const both = await Promise.all([1, 2].map(() => cache.file({ from: "http://x/a", cacheKey: "a" }, signal)));
  assert.equal(requests.filter(({ headers }) => headers?.["if-none-match"] === undefined).length, 1);
  for (const one of both) await one[Symbol.asyncDispose]();
});

test("a wrong checksum and a bad status fail and leave nothing", async (t) => {
  const root = await folder(t);
  const { deps } = server(new Map<string, Buffer | number>([["http://x/a", Buffer.from("one")]]));
  const cache = await CachedDownloads.open(root, 1000, deps);
  const wrong = { from: "http://x/a", cacheKey: "a", checksumAlgorithm: "sha256", checksumValue: "00" } as const;
  await assert.rejects(cache.file(wrong, signal), /checksum/);
  await assert.rejects(cache.file({ from: "http://x/a", cacheKey: "a" }, AbortSignal.abort()));
  assert.deepEqual(await readdir(root), []);
});

test("a server that refuses is not asked again, one that fails is", async (t) => {
  const bodies = new Map<string, Buffer | number>([["http://x/none", 404]]);
  const { deps, requests } = server(bodies);
  const cache = await CachedDownloads.open(await folder(t), 1000, deps);
  await assert.rejects(cache.file({ from: "http://x/none", cacheKey: "" }, signal), /Status code 404/);
  assert.equal(requests.length, 1);
  const failing = cache.file({ from: "http://x/later", cacheKey: "" }, signal);
  bodies.set("http://x/later", Buffer.from("here"));
  await using found = await failing;
  assert.equal(await readFile(found.path, "utf8"), "here");
});

test("a dependency is unpacked in a folder that everybody can read", async (t) => {
  const root = await folder(t);
  const packed = await tar([
    { name: "bin/", type: "directory", mode: 0o700 },
    { name: "bin/run", mode: 0o700, content: "#!/bin/sh" },
    { name: "link", type: "symlink", linkname: "bin/run" },
  ]);
  const { deps } = server(new Map([["http://x/a", gzipSync(packed)]]));
  const cache = await CachedDownloads.open(root, 1_000_000, deps);
  await using dependency = await cache.folder({ from: "http://x/a", cacheKey: "a" }, signal);
  assert.equal(await readFile(join(dependency.path, "link"), "utf8"), "#!/bin/sh");
  assert.equal((await lstat(join(dependency.path, "bin/run"))).mode & 0o777, 0o744);
  assert.equal((await lstat(join(dependency.path, "bin"))).mode & 0o777, 0o755);
});

test("a zip becomes a tar stream with modes and links", async (t) => {
  const root = await folder(t);
  const path = join(root, "a.zip");
  const packed = await zip((file) => {
    file.addBuffer(Buffer.from("#!/bin/sh"), "bin/run", { mode: 0o100755 });
    file.addEmptyDirectory("empty/");
    file.addBuffer(Buffer.from("bin/run"), "link", { mode: 0o120777 });
    file.addBuffer(Buffer.alloc(3_000_000, "x"), "big", { mode: 0o100644 });
  });
  const { writeFile } = await import("node:fs/promises");
  await writeFile(path, packed);
  const found: string[] = [];
  const entries = extract();
  const source = await tarStreamOf(path);
  source.pipe(entries);
  for await (const entry of entries) {
    const { name, type, mode = 0, linkname } = entry.header;
    const content = await buffer(Readable.from(entry));
    found.push(`${type} ${name} ${mode.toString(8)} ${content.length} ${linkname ?? ""}`.trim());
  }
  assert.deepEqual(found, [
    "file bin/run 755 9",
    "directory empty/ 775 0",
    "symlink link 777 0 bin/run",
    "file big 644 3000000",
  ]);
});

for (const [what, entries] of Object.entries({
  "a name that climbs out": [{ name: "../evil", content: "x" }],
  "an absolute name": [{ name: "/etc/evil", content: "x" }],
  "a link that leads out": [{ name: "out", type: "symlink", linkname: "../../etc" }],
  "an absolute link": [{ name: "out", type: "symlink", linkname: "/etc" }],
  "a hard link that leads out": [{ name: "out", type: "link", linkname: "../../etc/passwd" }],
  "a write through a link": [
    { name: "a", type: "symlink", linkname: "b" },
    { name: "a/evil", content: "x" },
  ],
  "too much": [{ name: "big", content: "x".repeat(2000) }],
} satisfies Record<string, TarEntry[]>)) {
  test(`an archive is refused: ${what}`, async (t) => {
    const root = await folder(t);
    const packed = Readable.from([await tar(entries)]);
    await assert.rejects(extractTar(packed, root, 1000, signal), UnsafeArchiveError);
  });
}
