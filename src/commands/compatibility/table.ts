import type { Offer } from "../../kit/served.ts";

/** A line of the record: an offer, or a test that made use of it. */
export type RecordLine = Offer & { readonly test?: string };

const BEGIN = "<!-- generated: ./ingot test --compat -->";
const END = "<!-- end of what is generated -->";
/** Tests named for each; the ones that ask for least come first, they say most about it. */
const NAMED_MAX = 3;

export interface CompatibilityTable {
  readonly markdown: string;
  readonly rows: number;
  /** What no test shows. */
  readonly missing: readonly string[];
}

/** One table a system: what is offered, and the tests that show it. */
export function compatibilityTable(lines: readonly RecordLine[]): CompatibilityTable {
  const tests = new Map<string, Set<string>>();
  const uses = new Map<string, number>();
  const systems = new Map<string, Set<string>>();
  for (const { system, name, test } of lines) {
    systems.set(system, (systems.get(system) ?? new Set()).add(name));
    const key = `${system} ${name}`;
    if (test === undefined || tests.get(key)?.has(test)) continue;
    tests.set(key, (tests.get(key) ?? new Set()).add(test));
    uses.set(test, (uses.get(test) ?? 0) + 1);
  }
  const missing: string[] = [];
  const parts: string[] = [];
  let rows = 0;
  for (const [system, names] of [...systems].sort(([a], [b]) => a.localeCompare(b))) {
    const sorted = [...names].sort(byPlace);
    rows += sorted.length;
    const shown = sorted.map((name) => {
      const by = [...(tests.get(`${system} ${name}`) ?? [])].sort(
        (a, b) => uses.get(a)! - uses.get(b)! || a.localeCompare(b),
      );
      if (by.length === 0) missing.push(`${system}: ${name}`);
      const named = by.slice(0, NAMED_MAX).map((test) => `\`${test}\``);
      return `| \`${name}\` | ${named.length === 0 ? "no test" : named.join(" ")} |`;
    });
    parts.push([`### ${system}`, "", "| asked | shown by |", "|---|---|", ...shown].join("\n"));
  }
  return { markdown: parts.join("\n\n"), rows, missing };
}

/** By path, then method. */
function byPlace(a: string, b: string): number {
  const [methodA = "", pathA = ""] = a.split(" ");
  const [methodB = "", pathB = ""] = b.split(" ");
  return pathA.localeCompare(pathB) || methodA.localeCompare(methodB);
}

/** The document with the table in place of the former one, or at its end. */
export function withTable(document: string, table: string): string {
  const block = `${BEGIN}\n\n${table}\n\n${END}`;
  const from = document.indexOf(BEGIN);
  const to = document.indexOf(END);
  if (from >= 0 && to > from) return document.slice(0, from) + block + document.slice(to + END.length);
  return `${document.trimEnd()}\n\n## Endpoint by endpoint\n\n${block}\n`;
}
