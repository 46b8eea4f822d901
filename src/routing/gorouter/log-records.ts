/** Before each line: when it was written (wall clock, milliseconds, double), whose it is (u32), its length (u32). */
const HEAD_BYTES = 16;

export interface LogRecord {
  /** Index in the batch's endpoints. */
  readonly endpoint: number;
  /** Wall clock, milliseconds since the epoch with their fraction. */
  readonly wallMs: number;
  /** UTF-8; a view of the batch. */
  readonly line: Buffer;
}

/** Appends a record. Gives the next offset, or 0 when it does not fit. */
export function writeLogRecord(buffer: Buffer, at: number, endpoint: number, wallMs: number, line: string): number {
  // Three bytes a character is the most that UTF-8 needs for a UTF-16 unit.
  if (at + HEAD_BYTES + line.length * 3 > buffer.length) return 0;
  const length = buffer.write(line, at + HEAD_BYTES);
  buffer.writeDoubleLE(wallMs, at);
  buffer.writeUInt32LE(endpoint, at + 8);
  buffer.writeUInt32LE(length, at + 12);
  return at + HEAD_BYTES + length;
}

/** Stops at the first record that is not whole. */
export function* readLogRecords(buffer: Buffer): Generator<LogRecord> {
  let at = 0;
  while (at + HEAD_BYTES <= buffer.length) {
    const start = at + HEAD_BYTES;
    const end = start + buffer.readUInt32LE(at + 12);
    if (end > buffer.length) return;
    yield { wallMs: buffer.readDoubleLE(at), endpoint: buffer.readUInt32LE(at + 8), line: buffer.subarray(start, end) };
    at = end;
  }
}
