import type { LogEnvelope } from "../../protocol/envelope.ts";

// One record: u32 length of what follows, u8 kind, then
//   labels: u32 id, JSON [sourceId, instanceId, tags]          (what neighbours share is written once per segment)
//   line:   u32 labels id, u8 1 for stderr, i64 nanoseconds, payload
const LABELS = 1;
const LINE = 2;
const LINE_HEAD = 18;

/** Writes log lines as the records of one segment. */
export class SegmentEncoder {
  readonly #ids = new Map<string, number>();
  readonly #byTags = new WeakMap<object, Map<string, number>>();

  /** The bytes to append. */
  encode(envelopes: readonly LogEnvelope[]): Buffer {
    const parts: Buffer[] = [];
    for (const envelope of envelopes) {
      const id = this.#labels(envelope, parts);
      const record = Buffer.allocUnsafe(LINE_HEAD + envelope.payload.length);
      record.writeUInt32LE(record.length - 4, 0);
      record.writeUInt8(LINE, 4);
      record.writeUInt32LE(id, 5);
      record.writeUInt8(envelope.type === "ERR" ? 1 : 0, 9);
      record.writeBigInt64LE(envelope.timestampNs, 10);
      record.set(envelope.payload, LINE_HEAD);
      parts.push(record);
    }
    return Buffer.concat(parts);
  }

  #labels({ sourceId, instanceId, tags }: LogEnvelope, parts: Buffer[]): number {
    // Emitters use one tags object for many lines: no need to spell it out each time.
    let known = this.#byTags.get(tags);
    if (known === undefined) {
      known = new Map();
      this.#byTags.set(tags, known);
    }
    const near = `${sourceId}/${instanceId}`;
    let id = known.get(near);
    if (id !== undefined) return id;
    const json = JSON.stringify([sourceId, instanceId, tags]);
    id = this.#ids.get(json);
    if (id === undefined) {
      id = this.#ids.size;
      this.#ids.set(json, id);
      const text = Buffer.from(json);
      const head = Buffer.allocUnsafe(9);
      head.writeUInt32LE(5 + text.length, 0);
      head.writeUInt8(LABELS, 4);
      head.writeUInt32LE(id, 5);
      parts.push(head, text);
    }
    known.set(near, id);
    return id;
  }
}

type Labels = readonly [sourceId: string, instanceId: string, tags: Readonly<Record<string, string>>];

/** The lines of a segment; ends at the first record that is not whole (the process was killed while writing). */
export function* decodeSegment(bytes: Buffer): Generator<LogEnvelope> {
  const labels = new Map<number, Labels>();
  for (let at = 0; at + 9 <= bytes.length; ) {
    const end = at + 4 + bytes.readUInt32LE(at);
    if (end > bytes.length || end < at + 9) return;
    const kind = bytes.readUInt8(at + 4);
    const id = bytes.readUInt32LE(at + 5);
    if (kind === LABELS) {
      const known = parseLabels(bytes.toString("utf8", at + 9, end));
      if (known === null) return;
      labels.set(id, known);
    } else {
      const known = labels.get(id);
      if (kind !== LINE || known === undefined || end < at + LINE_HEAD) return;
      const [sourceId, instanceId, tags] = known;
      const type = bytes.readUInt8(at + 9) === 1 ? "ERR" : "OUT";
      const timestampNs = bytes.readBigInt64LE(at + 10);
      yield {
        kind: "log",
        timestampNs,
        sourceId,
        instanceId,
        tags,
        payload: bytes.subarray(at + LINE_HEAD, end),
        type,
      };
    }
    at = end;
  }
}

function parseLabels(json: string): Labels | null {
  try {
    const [sourceId, instanceId, tags] = JSON.parse(json) as unknown[];
    const good =
      typeof sourceId === "string" && typeof instanceId === "string" && typeof tags === "object" && tags !== null;
    return good ? [sourceId, instanceId, tags as Labels[2]] : null;
  } catch {
    return null; // not JSON, or nothing that has elements
  }
}
