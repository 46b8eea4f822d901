import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { LOG_MESSAGE_MAX, LogLines } from "./log-lines.ts";

function linesOf(chunks: readonly (string | Uint8Array)[], flush = true): string[] {
  const lines: string[] = [];
  const splitter = new LogLines((line) => lines.push(Buffer.from(line).toString()));
  for (const chunk of chunks) splitter.write(typeof chunk === "string" ? Buffer.from(chunk) : chunk);
  if (flush) splitter.flush();
  return lines;
}

test("lines end at line feed and carriage return, empty ones are left out, the rest waits for its end", () => {
  assert.deepEqual(linesOf(["a\nb\r\n\n", "c", "d\n", "e"], false), ["a", "b", "cd"]);
  assert.deepEqual(linesOf(["a\nb"]), ["a", "b"]);
});

test("a line over 60 KiB is cut between two characters", () => {
  const line = `${"x".repeat(LOG_MESSAGE_MAX - 1)}é${"y".repeat(10)}`;
  const [first, second] = linesOf([line, "\n"]);
  assert.equal(first, "x".repeat(LOG_MESSAGE_MAX - 1));
  assert.equal(second, `é${"y".repeat(10)}`);
});

test("what is no UTF-8 passes unharmed", () => {
  const bytes = Buffer.alloc(LOG_MESSAGE_MAX + 5, 0xff);
  const lines: Uint8Array[] = [];
  const splitter = new LogLines((line) => lines.push(line));
  splitter.write(bytes);
  splitter.flush();
  assert.deepEqual(Buffer.concat(lines), bytes);
});

test("property: however the bytes are cut into chunks, the messages are the same, bounded, and nothing is lost", () => {
  const character = fc.constantFrom("a", "é", "漢", "😀", "\n", "\r", "x".repeat(20_000), "漢".repeat(7_000));
  fc.assert(
    fc.property(
      fc.array(character, { maxLength: 30 }),
      fc.infiniteStream(fc.integer({ min: 1, max: 30_000 })),
      (parts, sizes) => {
        const bytes = Buffer.from(parts.join(""));
        const chunks: Uint8Array[] = [];
        for (let at = 0; at < bytes.length; ) {
          const size = sizes.next().value as number;
          chunks.push(bytes.subarray(at, at + size));
          at += size;
        }
        const lines = linesOf(chunks);
        assert.deepEqual(lines, linesOf([bytes]));
        assert.equal(lines.join(""), parts.join("").replace(/[\r\n]/g, ""));
        for (const line of lines) assert.ok(Buffer.byteLength(line) <= LOG_MESSAGE_MAX && !line.includes("\ufffd"));
      },
    ),
    { numRuns: 100 },
  );
});
