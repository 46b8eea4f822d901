import assert from "node:assert/strict";
import { createWriteStream } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { type TestContext, test } from "node:test";
import fc from "fast-check";
import { ZipFile } from "yazl";
import { verifyZip } from "./zip-archive.ts";
import { entryFault, symlinkFault } from "./zip-check.ts";

const file = { uncompressedSize: 1, mode: 0o100644 };
const limits = { bytesMax: 10_000 };

test("names that leave the archive, or that no file system takes, are refused", () => {
  const bad = [
    "",
    "/etc/passwd",
    "../x",
    "a/../../x",
    "a/..",
    "C:/x",
    "a\\b",
    "a\0b",
    "x".repeat(256),
    `${"d/".repeat(2100)}x`,
  ];
  for (const name of bad) assert.notEqual(entryFault({ ...file, name }), null, name.slice(0, 20));
  for (const name of ["a", "a/b.txt", "..a", "a..b/...c", ".profile", "ünïcode/", "a//b"]) {
    assert.equal(entryFault({ ...file, name }), null, name);
  }
});

test("devices, pipes and sockets are refused", () => {
  for (const type of [0o010000, 0o020000, 0o060000, 0o140000]) {
    assert.match(entryFault({ name: "x", uncompressedSize: 0, mode: type | 0o644 }) ?? "", /not a file/);
  }
});

test("property: a link that is accepted stays inside, wherever it is followed lexically", () => {
  const segment = fc.constantFrom("a", "b", ".", "..", "");
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom("a", "b"), { minLength: 1 }),
      fc.array(segment, { minLength: 1 }),
      (at, to) => {
        const name = at.join("/");
        const target = to.join("/");
        if (symlinkFault(name, target) !== null) return;
        const resolved = new URL(target, `file:///root/${name}`).pathname;
        assert.ok(
          resolved === "/root" || resolved.startsWith("/root/") || resolved === "/root/",
          `${name} -> ${target}`,
        );
      },
    ),
  );
});

async function zipOf(t: TestContext, fill: (zip: ZipFile) => void): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "ingot-zip-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const zip = new ZipFile();
  fill(zip);
  zip.end();
  const path = join(folder, "app.zip");
  await pipeline(zip.outputStream, createWriteStream(path));
  return path;
}

test("an ordinary archive passes", async (t) => {
  const path = await zipOf(t, (zip) => {
    zip.addBuffer(Buffer.from("hi"), "index.html");
    zip.addEmptyDirectory("public");
    zip.addBuffer(Buffer.from("../index.html"), "public/link", { mode: 0o120777 });
  });
  await verifyZip(path, limits);
});

test("a link out of the archive, a bomb, an empty archive and no archive at all are refused in CC's words", async (t) => {
  const link = await zipOf(t, (zip) =>
    zip.addBuffer(Buffer.from("../../etc/passwd"), "public/link", { mode: 0o120777 }),
  );
  await assert.rejects(
    verifyZip(link, limits),
    /^CcError|Error: The app upload is invalid: Invalid zip archive \(symbolic link/,
  );
  const bomb = await zipOf(t, (zip) => zip.addBuffer(Buffer.alloc(100_000), "zeros"));
  await assert.rejects(verifyZip(bomb, limits), /Package may not be larger than 10000 bytes/);
  const empty = await zipOf(t, () => undefined);
  await assert.rejects(verifyZip(empty, limits), /zipfile is empty/);
  const text = await zipOf(t, () => undefined);
  await writeFile(text, "this is no archive");
  await assert.rejects(verifyZip(text, limits), /end-of-central-directory signature not found/);
});

test("a directory that lies about the size of a file is found out", async (t) => {
  const path = await zipOf(t, (zip) => zip.addBuffer(Buffer.alloc(5_000), "zeros"));
  const { readFile } = await import("node:fs/promises");
  const bytes = await readFile(path);
  const entry = bytes.indexOf(Buffer.from("PK\u0001\u0002", "latin1"));
  bytes.writeUInt32LE(10, entry + 24); // uncompressed size in the central directory
  await writeFile(path, bytes);
  await assert.rejects(verifyZip(path, limits), /Invalid zip archive/);
});
