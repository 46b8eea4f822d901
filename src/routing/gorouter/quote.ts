/** Printable ASCII without quote and backslash needs no escapes, and that is nearly everything. */
const PLAIN = /^[ !#-[\]-~]*$/;
const ESCAPES: Readonly<Record<string, string>> = { '"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/**
 * As Go's strconv.Quote writes it, so that nothing in a request can forge another line or field of the access log.
 * @param value one character a byte, as heads are read.
 */
export function quoted(value: string): string {
  if (PLAIN.test(value)) return `"${value}"`;
  return `"${Buffer.from(value, "latin1")
    .toString()
    .replace(/["\\\x00-\x1f\x7f-\xa0\u2028\u2029\ufeff\ufffd]/g, escaped)}"`;
}

/** A missing value is a dash. */
export function quotedOrDash(value: string): string {
  return value === "" ? '"-"' : quoted(value);
}

function escaped(character: string): string {
  const code = character.charCodeAt(0);
  return ESCAPES[character] ?? (code < 0x80 ? `\\x${hex(code, 2)}` : `\\u${hex(code, 4)}`);
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, "0");
}
