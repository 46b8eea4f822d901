import { newestMatching, parseRange, parseVersion } from "../stager/version-range.ts";

/** What may say which Python runs the app, the first that does: see `wantedPython`. */
export interface PythonVersionSources {
  /** Text of runtime.txt. */
  readonly runtimeTxt: string | undefined;
  /** Text of .python-version. */
  readonly pythonVersion: string | undefined;
  /** `_meta.requires` of Pipfile.lock: python_full_version or python_version. */
  readonly pipfileLock: string | undefined;
  /** `requires-python` of pyproject.toml. */
  readonly requiresPython: string | undefined;
}

/**
 * A range as package.json has them (`3.11.x`, `3.11.4`, `>=3.10 <4`), or null for whatever there is. Throws on a text that names no version.
 * python-buildpack: supply.go, InstallPython; PEP 440 for requires-python.
 */
export function wantedPython(sources: PythonVersionSources): string | null {
  const { runtimeTxt, pythonVersion, pipfileLock, requiresPython } = sources;
  if (runtimeTxt !== undefined) return rangeOf(runtimeTxt.trim().replace(/^python-/, ""), "runtime.txt");
  if (pythonVersion !== undefined) {
    const [first] = pythonVersion
      .split("\n")
      .map((line) => line.replace(/#.*/, "").trim())
      .filter((line) => line !== "");
    if (first !== undefined) return rangeOf(first.replace(/^(cpython|python)[-@]/, ""), ".python-version");
  }
  if (pipfileLock !== undefined) return rangeOf(pipfileLock, "Pipfile.lock");
  if (requiresPython === undefined) return null;
  return requiresPython
    .split(",")
    .map((clause) => clauseRange(clause.trim()))
    .filter((clause) => clause !== "")
    .join(" ");
}

/** `3` and `3.11` mean any of that line, as in the buildpack's documentation. */
function rangeOf(text: string, where: string): string {
  const range = /^\d+(\.\d+)?$/.test(text) ? `${text}.x` : text;
  if (text === "" || parseRange(range) === null) throw new Error(`${where}: no version of Python: ${text}`);
  return range;
}

/** One clause of PEP 440 in package.json's words; what only excludes single versions is left to pip. */
function clauseRange(clause: string): string {
  const match = /^(~=|===?|!=|<=|>=|<|>)\s*(\d+(?:\.\d+)*)(\.\*)?$/.exec(clause);
  if (match === null) throw new Error(`pyproject.toml: no version of Python: ${clause}`);
  const [, operator = "", numbers = ""] = match;
  const parts = numbers.split(".");
  const three = [...parts, "0", "0"].slice(0, 3).join(".");
  switch (operator) {
    case "!=":
      return "";
    case "==":
    case "===":
      return parts.length < 3 ? `${numbers}.x` : numbers;
    case "~=":
      return parts.length < 3 ? `>=${three} <${Number(parts[0]) + 1}.0.0` : `~${three}`;
    default:
      return `${operator}${three}`;
  }
}

/** A Python that the stack's distribution has: its line, such as 3.11. Its third number is known once it is fetched. */
export function chooseLine(range: string | null, lines: readonly string[]): string | null {
  if (range === null) return lines[0] ?? null;
  const matches = parseRange(range);
  if (matches === null) return null;
  // The distribution's own comes first; of a line any third number may be the one that fits.
  const possible = lines.filter((line) => PATCHES.some((patch) => matches(parseVersion(`${line}.${patch}`)!)));
  return possible[0] ?? null;
}

const PATCHES = Array.from({ length: 40 }, (_, patch) => patch);

export function fits(range: string | null, version: string): boolean {
  return range === null || newestMatching(range, [version]) !== null;
}
