import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { type Header, pack } from "tar-stream";
import { emptied, paddingOf, regularFileHeader } from "./tar-block.ts";

async function headerOf(entry: Partial<Header> & { readonly name: string }): Promise<Buffer> {
  const archive = pack();
  archive.entry(entry, () => undefined).on("error", () => undefined);
  const [block] = (await once(archive, "data")) as [Buffer];
  archive.destroy();
  return block;
}

test("a header of a regular file is read, with a long name in two parts too", async () => {
  const short = await headerOf({ name: "./bin/node", size: 123_456_789, mode: 0o755 });
  assert.deepEqual(regularFileHeader(short), { name: "./bin/node", size: 123_456_789, mode: 0o755 });
  const name = `${"folder/".repeat(20)}node`;
  assert.equal(regularFileHeader(await headerOf({ name, size: 1 }))?.name, name);
});

test("an emptied header is valid and says everything else as before", async () => {
  const block = await headerOf({ name: "./bin/node", size: 123_456_789, mode: 0o755 });
  assert.deepEqual(regularFileHeader(emptied(block)), { name: "./bin/node", size: 0, mode: 0o755 });
});

test("other entries, other bytes and wrong sums are no header of a file", async () => {
  const folder = await headerOf({ name: "a", type: "directory" });
  const file = await headerOf({ name: "a", size: 5 });
  const wrong = Buffer.from(file);
  wrong[0] = 66;
  for (const block of [folder, wrong, Buffer.alloc(512), Buffer.alloc(512, 0x20), file.subarray(0, 100)]) {
    assert.equal(regularFileHeader(block), null);
  }
});

test("contents are padded to whole blocks", () => {
  assert.deepEqual([0, 1, 511, 512, 513].map(paddingOf), [0, 511, 1, 0, 511]);
});
