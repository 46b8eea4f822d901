export type ScimOperator = "eq" | "co" | "sw" | "gt" | "ge" | "lt" | "le";
export type ScimValue = string | number | boolean | null;

/** A SCIM filter as a tree. Attribute names are in lower case. */
export type ScimFilter =
  | { readonly kind: "and"; readonly left: ScimFilter; readonly right: ScimFilter }
  | { readonly kind: "or"; readonly left: ScimFilter; readonly right: ScimFilter }
  | { readonly kind: "present"; readonly attribute: string }
  | {
      readonly kind: "compare";
      readonly attribute: string;
      readonly operator: ScimOperator;
      readonly value: ScimValue;
    };

/** The text is no SCIM filter. */
export class ScimFilterError extends Error {}

const OPERATORS: ReadonlySet<string> = new Set(["eq", "co", "sw", "gt", "ge", "lt", "le"]);
/** Deep enough for any client, shallow enough for the stack. */
const DEPTH_MAX = 50;
const LENGTH_MAX = 100_000;
const TOKEN = /\s*(?:(\()|(\))|("(?:[^"\\]|\\.)*")|([^\s()"]+))/y;

interface Reader {
  readonly text: string;
  at: number;
}

/**
 * Reads a filter such as `userName eq "x" and (active eq true or origin pr)`; `and` binds closer than `or`, words
 * compare without case. Throws `ScimFilterError`. SCIM 1.1 §3.2.2.1; UAA: SCIMFilter of the UnboundID SDK
 */
export function parseScimFilter(text: string): ScimFilter {
  if (text.length > LENGTH_MAX) throw new ScimFilterError("too long");
  const reader: Reader = { text: text.trimEnd(), at: 0 };
  const filter = readOr(reader, 0);
  if (reader.at < reader.text.length) throw new ScimFilterError(`unexpected text at ${reader.at}`);
  return filter;
}

function readOr(reader: Reader, depth: number): ScimFilter {
  let left = readAnd(reader, depth);
  while (takeWord(reader, "or")) left = { kind: "or", left, right: readAnd(reader, depth) };
  return left;
}

function readAnd(reader: Reader, depth: number): ScimFilter {
  let left = readTerm(reader, depth);
  while (takeWord(reader, "and")) left = { kind: "and", left, right: readTerm(reader, depth) };
  return left;
}

function readTerm(reader: Reader, depth: number): ScimFilter {
  if (depth > DEPTH_MAX) throw new ScimFilterError("too deep");
  const first = take(reader);
  if (first === "(") {
    const inner = readOr(reader, depth + 1);
    if (take(reader) !== ")") throw new ScimFilterError("a parenthesis is not closed");
    return inner;
  }
  if (!/^[A-Za-z][\w.:-]*$/.test(first)) throw new ScimFilterError(`"${first}" is no attribute`);
  const attribute = first.toLowerCase();
  const operator = take(reader).toLowerCase();
  if (operator === "pr") return { kind: "present", attribute };
  if (!OPERATORS.has(operator)) throw new ScimFilterError(`"${operator}" is no operator`);
  return { kind: "compare", attribute, operator: operator as ScimOperator, value: readValue(take(reader)) };
}

function readValue(token: string): ScimValue {
  if (!/^(".*"|true|false|null|-?\d+(\.\d+)?)$/is.test(token)) throw new ScimFilterError(`"${token}" is no value`);
  try {
    return JSON.parse(token.startsWith('"') ? token : token.toLowerCase()) as ScimValue;
  } catch {
    throw new ScimFilterError(`${token} is no value`);
  }
}

function peek(reader: Reader): { token: string; end: number } | null {
  TOKEN.lastIndex = reader.at;
  const match = TOKEN.exec(reader.text);
  if (match === null) return null;
  return { token: match[0].trimStart(), end: TOKEN.lastIndex };
}

function take(reader: Reader): string {
  const next = peek(reader);
  if (next === null) throw new ScimFilterError("it ends too early");
  reader.at = next.end;
  return next.token;
}

function takeWord(reader: Reader, word: string): boolean {
  const next = peek(reader);
  if (next?.token.toLowerCase() !== word) return false;
  reader.at = next.end;
  return true;
}
