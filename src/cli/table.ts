import { stripVTControlCharacters } from "node:util";

export type Row = readonly string[];

/** Spaces between columns. cli: DefaultTableSpacePadding */
const PADDING = 3;

/** Columns on a terminal: colours take none, East Asian wide characters and emoji two. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of stripVTControlCharacters(text)) {
    const code = character.codePointAt(0)!;
    if (/\p{Mark}/u.test(character) || code === 0x200d) continue;
    width += isWide(code) ? 2 : 1;
  }
  return width;
}

function isWide(code: number): boolean {
  return (
    (code >= 0x1100 && code <= 0x115f) ||
    (code >= 0x2e80 && code <= 0xa4cf) ||
    (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xfe30 && code <= 0xfe6f) ||
    (code >= 0xff00 && code <= 0xff60) ||
    (code >= 0x1f300 && code <= 0x1faff) ||
    (code >= 0x20000 && code <= 0x3fffd)
  );
}

/** Every column but the last is as wide as its widest cell and three spaces. */
export function tableLines(rows: readonly Row[]): string[] {
  const widths = columnWidths(rows);
  return rows.map((row) =>
    row.map((cell, column) => (column + 1 === row.length ? cell : padded(cell, widths[column]!))).join(""),
  );
}

/** Two columns; the second wraps at words, indented below itself, when the line would be wider than `width`. */
export function keyValueLines(rows: readonly Row[], width: number): string[] {
  const widths = columnWidths(rows);
  const indent = widths[0] ?? 0;
  const room = width - indent;
  const lines: string[] = [];
  for (const [key = "", value = ""] of rows) {
    let line = padded(key, indent);
    let used = 0;
    for (const word of value.split(" ")) {
      const wordWidth = displayWidth(word);
      if (used === 0) {
        line += word;
        used = wordWidth;
      } else if (used + 1 + wordWidth > room) {
        lines.push(line);
        line = " ".repeat(indent) + word;
        used = wordWidth;
      } else {
        line += ` ${word}`;
        used += wordWidth + 1;
      }
    }
    lines.push(line);
  }
  return lines;
}

function columnWidths(rows: readonly Row[]): number[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) {
      widths[column] = Math.max(widths[column] ?? 0, displayWidth(cell) + PADDING);
    }
  }
  return widths;
}

function padded(cell: string, width: number): string {
  return cell + " ".repeat(Math.max(0, width - displayWidth(cell)));
}
