/** Versions and ranges as package.json has them: `22`, `22.x`, `^20.1 || >=22 <25`, `~1.2`, `1.2.3 - 2.0`. */

export interface Version {
  readonly numbers: readonly [major: number, minor: number, patch: number];
  /** Empty for a release. */
  readonly prerelease: readonly string[];
}

interface Comparator {
  readonly operator: "<" | "<=" | ">" | ">=" | "=";
  readonly version: Version;
}

const PART =
  "[vV=]?\\s*(\\d+|[xX*])(?:\\.(\\d+|[xX*]))?(?:\\.(\\d+|[xX*]))?(?:-([0-9A-Za-z.-]+))?(?:\\+[0-9A-Za-z.-]+)?";
const FULL = /^[vV=]?(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?$/;

/** Null for what is no full version. */
export function parseVersion(text: string): Version | null {
  const match = FULL.exec(text.trim());
  if (match === null) return null;
  return {
    numbers: [Number(match[1]), Number(match[2]), Number(match[3])],
    prerelease: match[4] === undefined ? [] : match[4].split("."),
  };
}

/** Negative when `a` is older. Semantic Versioning 2.0.0, section 11. */
export function compareVersions(a: Version, b: Version): number {
  for (const at of [0, 1, 2] as const) {
    if (a.numbers[at] !== b.numbers[at]) return a.numbers[at] - b.numbers[at];
  }
  if (a.prerelease.length === 0 || b.prerelease.length === 0) return b.prerelease.length - a.prerelease.length;
  for (let at = 0; at < Math.max(a.prerelease.length, b.prerelease.length); at++) {
    const [left, right] = [a.prerelease[at], b.prerelease[at]];
    if (left === undefined || right === undefined) return left === undefined ? -1 : 1;
    if (left === right) continue;
    const [leftNumber, rightNumber] = [/^\d+$/.test(left), /^\d+$/.test(right)];
    if (leftNumber && rightNumber) return Number(left) - Number(right);
    if (leftNumber !== rightNumber) return leftNumber ? -1 : 1;
    return left < right ? -1 : 1;
  }
  return 0;
}

/** A function that tells whether a version fits; null when the text is no range. */
export function parseRange(text: string): ((version: Version) => boolean) | null {
  const alternatives: Comparator[][] = [];
  for (const part of text.split("||")) {
    const comparators = parseAlternative(part.trim());
    if (comparators === null) return null;
    alternatives.push(comparators);
  }
  return (version) => alternatives.some((comparators) => fits(version, comparators));
}

/** The newest of the versions that fits; null when none does. Throws on a text that is no range. */
export function newestMatching(range: string, versions: readonly string[]): string | null {
  const matches = parseRange(range);
  if (matches === null) throw new Error(`improper constraint: ${range}`);
  let best: { text: string; version: Version } | null = null;
  for (const text of versions) {
    const version = parseVersion(text);
    if (version === null || !matches(version)) continue;
    if (best === null || compareVersions(version, best.version) > 0) best = { text, version };
  }
  return best?.text ?? null;
}

/** A prerelease fits only where a comparator names a prerelease of the same version. */
function fits(version: Version, comparators: readonly Comparator[]): boolean {
  for (const { operator, version: bound } of comparators) {
    const order = compareVersions(version, bound);
    if (operator === "<" ? order >= 0 : operator === "<=" ? order > 0 : false) return false;
    if (operator === ">" ? order <= 0 : operator === ">=" ? order < 0 : false) return false;
    if (operator === "=" && order !== 0) return false;
  }
  if (version.prerelease.length === 0) return true;
  return comparators.some(
    ({ version: bound }) =>
      bound.prerelease.length > 0 && bound.numbers.every((number, at) => number === version.numbers[at]),
  );
}

/** Comparators that must all hold. */
function parseAlternative(text: string): Comparator[] | null {
  const hyphen = new RegExp(`^(${PART})\\s+-\\s+(${PART})$`).exec(text);
  if (hyphen !== null) {
    const from = parsePartial(hyphen[1]!);
    const to = parsePartial(hyphen[6]!);
    if (from === null || to === null) return null;
    return [{ operator: ">=", version: lowest(from) }, ...upTo(to)];
  }
  const comparators: Comparator[] = [];
  const token = new RegExp(`^(\\^|~>?|<=|>=|<|>|=)?\\s*(${PART})\\s*,?\\s*`);
  let rest = text;
  if (rest === "" || rest === "latest") return [];
  while (rest !== "") {
    const match = token.exec(rest);
    if (match === null) return null;
    rest = rest.slice(match[0].length);
    const partial = parsePartial(match[2]!);
    if (partial === null) return null;
    comparators.push(...comparatorsOf(match[1] ?? "", partial));
  }
  return comparators;
}

interface Partial {
  readonly major: number | null;
  readonly minor: number | null;
  readonly patch: number | null;
  readonly prerelease: readonly string[];
}

function parsePartial(text: string): Partial | null {
  const match = new RegExp(`^${PART}$`).exec(text.trim());
  if (match === null) return null;
  const number = (part: string | undefined): number | null =>
    part === undefined || !/^\d+$/.test(part) ? null : Number(part);
  const major = number(match[1]);
  const minor = major === null ? null : number(match[2]);
  const patch = minor === null ? null : number(match[3]);
  return { major, minor, patch, prerelease: patch === null || match[4] === undefined ? [] : match[4].split(".") };
}

const release = (major: number, minor: number, patch: number): Version => ({
  numbers: [major, minor, patch],
  prerelease: [],
});
/** Below this are the release's predecessors, its own prereleases not counted. */
const floor = (major: number, minor: number, patch: number): Version => ({
  numbers: [major, minor, patch],
  prerelease: ["0"],
});

function lowest(partial: Partial): Version {
  const { major, minor, patch, prerelease } = partial;
  return { numbers: [major ?? 0, minor ?? 0, patch ?? 0], prerelease };
}

/** `<= 1.2` includes all of 1.2. */
function upTo(partial: Partial): Comparator[] {
  const { major, minor, patch } = partial;
  if (major === null) return [];
  if (minor === null) return [{ operator: "<", version: floor(major + 1, 0, 0) }];
  if (patch === null) return [{ operator: "<", version: floor(major, minor + 1, 0) }];
  return [{ operator: "<=", version: lowest(partial) }];
}

function comparatorsOf(operator: string, partial: Partial): Comparator[] {
  const { major, minor, patch } = partial;
  const from: Comparator = { operator: ">=", version: lowest(partial) };
  if (major === null) return operator === "<" || operator === ">" ? [{ operator: "<", version: floor(0, 0, 0) }] : [];
  switch (operator) {
    case ">=":
      return [from];
    case "<":
      return [{ operator: "<", version: patch === null ? floor(major, minor ?? 0, 0) : lowest(partial) }];
    case "<=":
      return upTo(partial);
    case ">":
      if (minor === null) return [{ operator: ">=", version: release(major + 1, 0, 0) }];
      if (patch === null) return [{ operator: ">=", version: release(major, minor + 1, 0) }];
      return [{ operator: ">", version: lowest(partial) }];
    case "^": {
      if (major > 0 || minor === null) return [from, { operator: "<", version: floor(major + 1, 0, 0) }];
      if (minor > 0 || patch === null) return [from, { operator: "<", version: floor(0, minor + 1, 0) }];
      return [from, { operator: "<", version: floor(0, 0, patch + 1) }];
    }
    case "~":
    case "~>":
      if (minor === null) return [from, { operator: "<", version: floor(major + 1, 0, 0) }];
      return [from, { operator: "<", version: floor(major, minor + 1, 0) }];
    default:
      if (patch !== null) return [{ operator: "=", version: lowest(partial) }];
      return [from, ...upTo(partial)];
  }
}
