import { closeSync, openSync, readSync, statSync } from "node:fs";
import type { KnownFile } from "./known-files.ts";

/** A part of a gzip archive: bytes `start` to `end` (exclusive) to inflate, or what they are known to inflate to. */
export type ArchivePiece =
  | { readonly kind: "gzip"; readonly start: number; readonly end: number }
  | { readonly kind: "known"; readonly file: KnownFile };

/** The beginning of a file that is looked for: a gzip header and enough of the content to be met once. */
const PREFIX_BYTES = 64;
const WINDOW_BYTES = 4 << 20;

/**
 * Where in the gzip file `fd` known files lie, byte for byte. Most of the time that unpacking a small Node app takes goes
 * into the Node binary, which lies here already, inflated, as the builder took it.
 */
export function archivePieces(fd: number, size: number, known: readonly KnownFile[]): ArchivePiece[] {
  const places = known
    .flatMap((file) => {
      const start = placeOf(fd, size, file.compressedPath);
      return start === null ? [] : [{ file, start, end: start + statSync(file.compressedPath).size }];
    })
    .sort((a, b) => a.start - b.start);
  const pieces: ArchivePiece[] = [];
  let at = 0;
  for (const { file, start, end } of places) {
    if (start < at) continue;
    if (start > at) pieces.push({ kind: "gzip", start: at, end: start });
    pieces.push({ kind: "known", file });
    at = end;
  }
  if (at < size) pieces.push({ kind: "gzip", start: at, end: size });
  return pieces;
}

/** Null when the archive does not hold the whole file. */
function placeOf(fd: number, size: number, path: string): number | null {
  const known = openSync(path, "r");
  try {
    const prefix = readAt(known, 0, PREFIX_BYTES);
    for (let at = 0; at < size; at += WINDOW_BYTES - PREFIX_BYTES) {
      const found = readAt(fd, at, WINDOW_BYTES).indexOf(prefix);
      if (found >= 0) return isSame(fd, at + found, known, statSync(path).size) ? at + found : null;
    }
    return null;
  } finally {
    closeSync(known);
  }
}

function isSame(fd: number, start: number, known: number, size: number): boolean {
  for (let at = 0; at < size; at += WINDOW_BYTES) {
    const length = Math.min(WINDOW_BYTES, size - at);
    if (!readAt(fd, start + at, length).equals(readAt(known, at, length))) return false;
  }
  return true;
}

function readAt(fd: number, position: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  let got = 0;
  while (got < length) {
    const n = readSync(fd, bytes, got, length - got, position + got);
    if (n === 0) break;
    got += n;
  }
  return bytes.subarray(0, got);
}
