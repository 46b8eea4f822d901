import { type HeaderId, headerId } from "./header-names.ts";

/** More lines than any client sends; the real limit is the head's size. */
export const HEADER_LINES_MAX = 1_000;
const CR = 13;
const LF = 10;
const COLON = 58;
const SPACE = 32;
const TAB = 9;

/** RFC 9110: token characters. */
export const TOKEN = new Uint8Array(256);
for (const character of "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") {
  TOKEN[character.charCodeAt(0)] = 1;
}
/** Field values: visible characters, space, tab, and bytes over 127. Never CR, LF, NUL or another control character. */
const VALUE = new Uint8Array(256).fill(1, 0x20);
VALUE[TAB] = 1;
VALUE[0x7f] = 0;

/** `ok`, or why the lines are refused. */
export type FieldsResult = "ok" | "malformed" | "too-many";

/**
 * The header lines of one message, as offsets into its text (one character is one byte). Reused for every message of a
 * worker: read what you need before the next `parse`.
 */
export class HeaderFields {
  text = "";
  count = 0;
  /** Where the first line starts; each line ends where the next one starts, the last one before the blank line. */
  first = 0;
  readonly ids = new Uint8Array(HEADER_LINES_MAX);
  readonly starts = new Int32Array(HEADER_LINES_MAX + 1);
  readonly nameEnds = new Int32Array(HEADER_LINES_MAX);
  readonly valueStarts = new Int32Array(HEADER_LINES_MAX);
  readonly valueEnds = new Int32Array(HEADER_LINES_MAX);

  /**
   * Strict on purpose: what two readers may read differently is refused (white space before the colon, folded lines, bare
   * CR or LF, control characters). `text` ends with the blank line.
   */
  parse(text: string, from: number): FieldsResult {
    this.text = text;
    this.first = from;
    let at = from;
    let line = 0;
    const end = text.length - 2;
    while (at < end) {
      if (line === HEADER_LINES_MAX) return "too-many";
      const start = at;
      while (TOKEN[text.charCodeAt(at)] === 1) at++;
      if (at === start || text.charCodeAt(at) !== COLON) return "malformed";
      this.ids[line] = headerId(text, start, at);
      this.starts[line] = start;
      this.nameEnds[line] = at;
      at++;
      while (text.charCodeAt(at) === SPACE || text.charCodeAt(at) === TAB) at++;
      this.valueStarts[line] = at;
      while (VALUE[text.charCodeAt(at)] === 1) at++;
      if (text.charCodeAt(at) !== CR || text.charCodeAt(at + 1) !== LF) return "malformed";
      let valueEnd = at;
      while (valueEnd > this.valueStarts[line]! && isBlank(text.charCodeAt(valueEnd - 1))) valueEnd--;
      this.valueEnds[line] = valueEnd;
      at += 2;
      line++;
    }
    if (at !== end) return "malformed";
    this.count = line;
    this.starts[line] = end;
    return "ok";
  }

  id(line: number): HeaderId {
    return this.ids[line] as HeaderId;
  }

  value(line: number): string {
    return this.text.slice(this.valueStarts[line], this.valueEnds[line]);
  }

  /** As written. */
  name(line: number): string {
    return this.text.slice(this.starts[line], this.nameEnds[line]);
  }

  /** Value of the first such line; null: none. */
  find(id: HeaderId): string | null {
    for (let line = 0; line < this.count; line++) if (this.ids[line] === id) return this.value(line);
    return null;
  }
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB;
}
