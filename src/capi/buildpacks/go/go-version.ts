import { compareVersions, newestMatching, parseVersion } from "../stager/version-range.ts";

/** `1.22` is release 1.22.0 of old; versions are compared with all three numbers. */
const threeNumbers = (text: string): string => (/^\d+\.\d+$/.test(text) ? `${text}.0` : text);

/** What says which Go builds the app, the first that is there: see `wantedGoVersion`. */
export interface GoVersionSources {
  /** `GOVERSION` of the app's environment. */
  readonly variable: string | undefined;
  /** `GoVersion` of Godeps.json. */
  readonly godeps: string | undefined;
  /** Text of go.mod. */
  readonly module: string | undefined;
}

/** `exact`: this one and no other. `line`: the newest of a line such as 1.22, no older than `atLeast`. `latest`: the newest of all. */
export type WantedGo =
  | { readonly kind: "exact"; readonly version: string }
  | { readonly kind: "line"; readonly range: string; readonly atLeast: string | null }
  | { readonly kind: "latest" };

/**
 * GOVERSION, then Godeps.json, then go.mod: its `toolchain` exactly, else the line of its `go`; else the newest there is. Throws on a text
 * that names no version. Go: doc/toolchain.
 */
export function wantedGoVersion(sources: GoVersionSources): WantedGo {
  const named = sources.variable || sources.godeps;
  if (named !== undefined) return parseWanted(named);
  const toolchain = directive(sources.module, "toolchain");
  if (toolchain !== null && toolchain !== "default") {
    return { kind: "exact", version: toolchain.replace(/^go/, "").replace(/-.*$/, "") };
  }
  const language = directive(sources.module, "go");
  if (language === null) return { kind: "latest" };
  const [line] = /^\d+\.\d+/.exec(language) ?? [null];
  if (line === null) throw new Error(`go.mod: no version of Go: ${language}`);
  return { kind: "line", range: `${line}.x`, atLeast: /^\d+\.\d+\.\d+$/.test(language) ? language : null };
}

function parseWanted(text: string): WantedGo {
  const version = text.trim().replace(/^go/, "");
  if (version === "latest") return { kind: "latest" };
  if (/^\d+\.\d+\.\d+$/.test(version)) return { kind: "exact", version };
  if (/^\d+(\.\d+)?(\.[xX*])?$/.test(version)) {
    return { kind: "line", range: `${version.replace(/\.[xX*]$/, "")}.x`, atLeast: null };
  }
  throw new Error(`no version of Go: ${text}`);
}

/** Releases alone; null when none fits. `available` has versions such as `1.22.5`, `1.20`, `1.23rc1`. */
export function chooseGoVersion(wanted: WantedGo, available: readonly string[]): string | null {
  const releases = new Map<string, string>(
    available.filter((text) => /^\d+(\.\d+){1,2}$/.test(text)).map((text) => [threeNumbers(text), text]),
  );
  const all = [...releases.keys()];
  const pick = (version: string | null): string | null => (version === null ? null : (releases.get(version) ?? null));
  if (wanted.kind === "latest") return pick(newestMatching("*", all));
  if (wanted.kind === "exact") return pick(threeNumbers(wanted.version));
  const newest = newestMatching(wanted.range, all);
  if (newest === null || wanted.atLeast === null) return pick(newest);
  return compareVersions(parseVersion(newest)!, parseVersion(wanted.atLeast)!) < 0 ? null : pick(newest);
}

/** For messages. */
export function describeWanted(wanted: WantedGo): string {
  if (wanted.kind === "latest") return "latest";
  if (wanted.kind === "exact") return wanted.version;
  return wanted.atLeast === null ? wanted.range : `${wanted.range} >= ${wanted.atLeast}`;
}

function directive(module: string | undefined, name: "go" | "toolchain"): string | null {
  const match = new RegExp(`^\\s*${name}\\s+([^\\s/]+)`, "m").exec(module ?? "");
  return match?.[1] ?? null;
}
