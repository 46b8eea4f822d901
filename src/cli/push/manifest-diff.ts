import { isMap } from "./manifest-file.ts";
import type { YamlValue } from "./manifest-vars.ts";

/** One change that applying a manifest makes. CC: POST /v3/spaces/{guid}/manifest_diff */
export interface Difference {
  readonly op: "add" | "remove" | "replace";
  /** e.g. `/applications/0/memory`. */
  readonly path: string;
  readonly was?: YamlValue;
  readonly value?: YamlValue;
}

export interface DiffLine {
  readonly sign: "+" | "-" | " ";
  readonly text: string;
}

export type ToYaml = (value: YamlValue) => string;

const HIDDEN = "<redacted>";

/**
 * A manifest as lines with what changes marked. `redactEnv`: values of environment variables are not shown.
 * cli: command/v7/shared/manifest_diff_displayer.go
 */
export function diffLines(
  manifest: Readonly<Record<string, YamlValue>>,
  differences: readonly Difference[],
  redactEnv: boolean,
  toYaml: ToYaml,
): DiffLine[] {
  const shown = redactEnv ? (redact(manifest, "") as Readonly<Record<string, YamlValue>>) : manifest;
  const changes = redactEnv ? differences.map(redactDifference) : differences;
  const lines: DiffLine[] = [{ sign: " ", text: "---" }];
  if (changes.length === 0) {
    for (const line of toYaml(shown).trimEnd().split("\n")) lines.push({ sign: " ", text: line });
    return lines;
  }
  const walker: Walker = { lines, toYaml, changed: new Map(), removed: new Map() };
  for (const change of changes) {
    if (change.op !== "remove") walker.changed.set(change.path, change);
    else {
      const parent = change.path.slice(0, change.path.lastIndexOf("/"));
      walker.removed.set(parent, [...(walker.removed.get(parent) ?? []), change]);
    }
  }
  for (const [key, value] of Object.entries(shown)) walk(walker, `/${key}`, value, 0, false);
  return lines;
}

interface Walker {
  readonly lines: DiffLine[];
  readonly toYaml: ToYaml;
  readonly changed: Map<string, Difference>;
  /** By the path of what they were in. */
  readonly removed: Map<string, Difference[]>;
}

function walk(walker: Walker, path: string, value: YamlValue, depth: number, hyphen: boolean): void {
  const field = path.slice(path.lastIndexOf("/") + 1);
  const change = walker.changed.get(path);
  if (change !== undefined) {
    const withHyphen = hyphen || isIndex(field);
    if (change.op === "replace") emit(walker, "-", keyValue(walker, field, change.was ?? null), depth, withHyphen);
    emit(walker, "+", keyValue(walker, field, change.value ?? null), depth, withHyphen);
    return;
  }
  if (typeof value !== "object" || value === null) {
    emit(walker, " ", keyValue(walker, field, value), depth, hyphen);
    return;
  }
  let first = isIndex(field);
  let inner = depth;
  if (!first) {
    emit(walker, " ", `${field}:`, depth, hyphen);
    inner = depth + 1;
  }
  if (Array.isArray(value)) {
    for (const [index, item] of (value as readonly YamlValue[]).entries())
      walk(walker, `${path}/${index}`, item, inner, true);
  } else {
    for (const [key, item] of Object.entries(value as Readonly<Record<string, YamlValue>>)) {
      walk(walker, `${path}/${key}`, item, inner, first);
      first = false;
    }
  }
  for (const { path: gone, was } of walker.removed.get(path) ?? []) {
    const name = gone.slice(gone.lastIndexOf("/") + 1);
    emit(walker, "-", keyValue(walker, name, was ?? null), inner, isIndex(name));
  }
}

function emit({ lines }: Walker, sign: DiffLine["sign"], text: string, depth: number, hyphen: boolean): void {
  for (const [index, line] of text.split("\n").entries()) {
    if (line === "") continue;
    const indent = depth === 0 ? "" : "  ".repeat(depth - 1) + (hyphen && index === 0 ? "- " : "  ");
    lines.push({ sign, text: indent + line });
  }
}

function keyValue({ toYaml }: Walker, key: string, value: YamlValue): string {
  const text = toYaml(value).trim();
  if (isIndex(key)) return text;
  if (Array.isArray(value)) return `${key}:\n${text}`;
  if (isMap(value)) {
    const inner = text.split("\n").map((line) => `  ${line}`);
    return `${key}:\n${inner.join("\n")}`;
  }
  return `${key}: ${text}`;
}

function isIndex(field: string): boolean {
  return /^\d+$/.test(field);
}

function redactDifference(change: Difference): Difference {
  const parent = change.path.split("/").at(-2);
  if (parent === "env") return { ...change, value: HIDDEN, was: HIDDEN };
  const name = change.path.split("/").at(-1) ?? "";
  return {
    ...change,
    ...(change.value === undefined ? {} : { value: redact(change.value, name) }),
    ...(change.was === undefined ? {} : { was: redact(change.was, name) }),
  };
}

function redact(value: YamlValue, name: string): YamlValue {
  if (name === "env" && isMap(value)) return Object.fromEntries(Object.keys(value).map((key) => [key, HIDDEN]));
  if (Array.isArray(value)) return (value as readonly YamlValue[]).map((item) => redact(item, ""));
  if (!isMap(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, redact(inner, key)]));
}
