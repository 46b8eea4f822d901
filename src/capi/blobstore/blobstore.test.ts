import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { type TestContext, test } from "node:test";
import { silentLog } from "../../kit/log.ts";
import { systemRandom } from "../../kit/random-system.ts";
import { startBlobstore } from "./blobstore.ts";
import { BlobNotFoundError, BlobTooLargeError } from "./errors.ts";

const signal = new AbortController().signal;
const limit = { bytesMax: 1_000_000, signal };
const deps = { random: systemRandom(), log: silentLog() };

async function folder(t: TestContext): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "ingot-blobstore-"));
  t.after(() => rm(root, { recursive: true, force: true }));
  return root;
}

async function contentsOf(root: string): Promise<string[]> {
  const found: string[] = [];
  for (const name of await readdir(join(root, "contents"))) {
    found.push(...(await readdir(join(root, "contents", name))));
  }
  return found;
}

async function text(stream: Readable): Promise<string> {
  return Buffer.concat(await stream.toArray()).toString();
}

test("what was put is read back, with both checksums, also after a restart", async (t) => {
  const root = await folder(t);
  {
    await using store = await startBlobstore({ root }, deps);
    const blob = await store.client.put(
      "packages",
      "p1",
      Readable.from([Buffer.from("he"), Buffer.from("llo")]),
      limit,
    );
    assert.deepEqual(blob, {
      size: 5,
      sha1: createHash("sha1").update("hello").digest("hex"),
      sha256: createHash("sha256").update("hello").digest("hex"),
    });
  }
  await using again = await startBlobstore({ root }, deps);
  assert.equal(await text(await again.client.read("packages", "p1")), "hello");
  assert.equal(await readFile(await again.client.localPath("packages", "p1"), "utf8"), "hello");
  assert.equal(await again.client.stat("packages", "p2"), null);
  await assert.rejects(again.client.read("droplets", "p1"), BlobNotFoundError);
});

test("a local file becomes a blob without a copy, and its owner may remove it", async (t) => {
  const root = await folder(t);
  await using store = await startBlobstore({ root }, deps);
  const path = join(root, "droplet");
  await writeFile(path, "hello");
  const blob = await store.client.putFile("droplets", "d1", path, limit);
  assert.equal(blob.sha256, createHash("sha256").update("hello").digest("hex"));
  assert.equal(blob.sha1, createHash("sha1").update("hello").digest("hex"));
  assert.equal((await stat(path)).ino, (await stat(await store.client.localPath("droplets", "d1"))).ino);
  await rm(path);
  assert.equal(await text(await store.client.read("droplets", "d1")), "hello");
  await writeFile(path, "too much");
  await assert.rejects(store.client.putFile("droplets", "d2", path, { bytesMax: 3, signal }), BlobTooLargeError);
  await assert.rejects(store.client.putFile("droplets", "d2", join(root, "none"), limit), { code: "ENOENT" });
  assert.deepEqual(await readdir(join(root, "tmp")), []);
});

test("equal contents are kept once and go with their last name", async (t) => {
  const root = await folder(t);
  await using store = await startBlobstore({ root }, deps);
  await store.client.put("droplets", "a", Readable.from([Buffer.from("same")]), limit);
  await store.client.put("droplets", "b", Readable.from([Buffer.from("same")]), limit);
  await store.client.copy("droplets", "a", "c");
  assert.equal((await contentsOf(root)).length, 1);
  assert.deepEqual(await store.client.keys("droplets", ""), ["a", "b", "c"]);
  await store.client.delete("droplets", "a");
  await store.client.delete("droplets", "b");
  assert.equal(await text(await store.client.read("droplets", "c")), "same");
  await store.client.delete("droplets", "c");
  await store.client.delete("droplets", "c");
  assert.deepEqual(await contentsOf(root), []);
});

test("a replaced name lets its old content go", async (t) => {
  const root = await folder(t);
  await using store = await startBlobstore({ root }, deps);
  await store.client.put("droplets", "a", Readable.from([Buffer.from("old")]), limit);
  await store.client.put("droplets", "a", Readable.from([Buffer.from("new")]), limit);
  assert.equal(await text(await store.client.read("droplets", "a")), "new");
  assert.equal((await contentsOf(root)).length, 1);
});

test("too large, failed, aborted and refused writes leave nothing", async (t) => {
  const root = await folder(t);
  await using store = await startBlobstore({ root }, deps);
  const { client } = store;
  await assert.rejects(
    client.put("packages", "p", Readable.from([Buffer.alloc(20)]), { bytesMax: 10, signal }),
    BlobTooLargeError,
  );
  const broken = new Readable({
    read() {
      this.destroy(new Error("line cut"));
    },
  });
  await assert.rejects(client.put("packages", "p", broken, limit), /line cut/);
  const stop = new AbortController();
  const waiting = client.put("packages", "p", new Readable({ read() {} }), { bytesMax: 10, signal: stop.signal });
  stop.abort(new Error("gave up"));
  await assert.rejects(waiting, /gave up/);
  const refuse = async (): Promise<void> => {
    throw new Error("not a zip");
  };
  await assert.rejects(
    client.put("packages", "p", Readable.from([Buffer.from("x")]), { ...limit, check: refuse }),
    /not a zip/,
  );
  assert.equal(await client.stat("packages", "p"), null);
  assert.deepEqual(await readdir(join(root, "tmp")), []);
  assert.deepEqual(await contentsOf(root), []);
});

test("a start removes temporary files and contents that no name points at", async (t) => {
  const root = await folder(t);
  {
    await using store = await startBlobstore({ root }, deps);
    await store.client.put("packages", "p", Readable.from([Buffer.from("kept")]), limit);
  }
  await writeFile(join(root, "tmp", "half"), "half a");
  await mkdir(join(root, "contents", "ab"), { recursive: true });
  await writeFile(join(root, "contents", "ab", "ab".repeat(32)), "lost");
  await using store = await startBlobstore({ root }, deps);
  assert.deepEqual(await readdir(join(root, "tmp")), []);
  assert.equal((await contentsOf(root)).length, 1);
  assert.equal(await text(await store.client.read("packages", "p")), "kept");
});

test("many writers and deleters of one content never lose a named one", async (t) => {
  const root = await folder(t);
  await using store = await startBlobstore({ root }, deps);
  const once = async (n: number): Promise<void> => {
    await store.client.put("resources", `r${n}`, Readable.from([Buffer.from("shared")]), limit);
    if (n % 2 === 0) await store.client.delete("resources", `r${n}`);
  };
  await Promise.all(Array.from({ length: 40 }, (_, n) => once(n)));
  for (let n = 1; n < 40; n += 2) assert.equal(await text(await store.client.read("resources", `r${n}`)), "shared");
});
