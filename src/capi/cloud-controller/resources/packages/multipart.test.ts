import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { MultipartError, multipartBoundary, partText, readMultipart } from "./multipart.ts";

async function* inPieces(body: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer> {
  let at = 0;
  for (let n = 0; at < body.length; n++) {
    const size = sizes[n % sizes.length] ?? 1;
    yield body.subarray(at, at + size);
    at += size;
  }
}

function form(parts: readonly { name: string; fileName: string | null; content: Buffer }[], boundary: string): Buffer {
  const pieces = parts.flatMap(({ name, fileName, content }) => [
    Buffer.from(`--${boundary}\r\ncontent-disposition: form-data; name="${name}"`),
    Buffer.from(fileName === null ? "\r\n\r\n" : `; filename="${fileName}"\r\nContent-Type: application/zip\r\n\r\n`),
    content,
    Buffer.from("\r\n"),
  ]);
  return Buffer.concat([...pieces, Buffer.from(`--${boundary}--\r\n`)]);
}

async function parse(source: AsyncIterable<Uint8Array>, boundary: string) {
  const parts: { name: string; fileName: string | null; content: Buffer }[] = [];
  for await (const part of readMultipart(source, boundary)) {
    const chunks: Buffer[] = [];
    for await (const chunk of part.body) chunks.push(Buffer.from(chunk));
    parts.push({ name: part.name, fileName: part.fileName, content: Buffer.concat(chunks) });
  }
  return parts;
}

test("property: whatever the pieces in which it arrives, each part comes out as it went in", async () => {
  // Content that looks like delimiters is the hard case.
  const content = fc
    .array(fc.constantFrom("\r", "\n", "-", "--", "B", "\r\n--", "\r\n--B0", "x", "\u0000", "ü"), { maxLength: 40 })
    .map((texts) => Buffer.from(texts.join("")))
    .filter((bytes) => !bytes.includes("\r\n--B01"));
  const part = fc.record(
    { name: fc.constantFrom("bits", "resources", "a b"), fileName: fc.constantFrom(null, "app.zip"), content },
    { noNullPrototype: true },
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(part, { maxLength: 4 }),
      fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 5 }),
      async (parts, sizes) => {
        assert.deepEqual(await parse(inPieces(form(parts, "B01"), sizes), "B01"), parts);
      },
    ),
  );
});

test("a part that nobody reads is skipped", async () => {
  const body = form(
    [
      { name: "bits", fileName: "a.zip", content: Buffer.alloc(100_000, "z") },
      { name: "resources", fileName: null, content: Buffer.from("[]") },
    ],
    "B",
  );
  const names: string[] = [];
  for await (const part of readMultipart(inPieces(body, [1000]), "B")) {
    names.push(part.name);
    if (part.name === "resources") assert.equal(await partText(part, 10), "[]");
  }
  assert.deepEqual(names, ["bits", "resources"]);
});

test("a body that is cut off, nameless or without delimiter is an error", async () => {
  const whole = form([{ name: "bits", fileName: "a.zip", content: Buffer.from("zip") }], "B");
  await assert.rejects(parse(inPieces(whole.subarray(0, whole.length - 8), [7]), "B"), MultipartError);
  await assert.rejects(
    parse(inPieces(Buffer.from("--B\r\ncontent-type: x\r\n\r\nz\r\n--B--"), [5]), "B"),
    MultipartError,
  );
  await assert.rejects(parse(inPieces(Buffer.from("hello"), [5]), "B"), MultipartError);
  await assert.rejects(parse(inPieces(Buffer.from("--Bx\r\n"), [5]), "B"), MultipartError);
});

test("the boundary is read from the content type, quoted or not", () => {
  assert.equal(multipartBoundary("multipart/form-data; boundary=abc"), "abc");
  assert.equal(multipartBoundary('multipart/form-data; charset=x; boundary="a b"'), "a b");
  assert.equal(multipartBoundary("application/json"), null);
  assert.equal(multipartBoundary(undefined), null);
});
