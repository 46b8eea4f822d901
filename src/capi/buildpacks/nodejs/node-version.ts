import { compareVersions, newestMatching, parseVersion } from "../stager/version-range.ts";

/** What an app without a wish gets when the platform brings no Node of its own. */
const DEFAULT_RANGE = "26.x";
/** Code names that .nvmrc may say, of lines that are still supported. */
const LTS_LINES: Readonly<Record<string, number>> = { iron: 20, jod: 22, krypton: 24 };

/** The range that an .nvmrc asks for. Throws on what nvm would not understand. */
export function rangeOfNvmrc(text: string): string {
  const wanted = text.trim().toLowerCase();
  if (wanted === "node" || wanted === "stable") return "*";
  if (wanted === "lts/*") return `${Math.max(...Object.values(LTS_LINES))}.x`;
  const line = LTS_LINES[wanted.replace(/^lts\//, "")];
  if (line !== undefined) return `${line}.x`;
  const number = /^v?(\d+(?:\.\d+){0,2})$/.exec(wanted)?.[1];
  if (number === undefined) throw new Error(`invalid version ${text.trim()} specified in .nvmrc`);
  return number;
}

/** The versions to choose among, in order of preference: what is here already, then what must be fetched. */
export interface NodeVersions {
  readonly onPlatform: readonly string[];
  /** Asked only when nothing on the platform fits. */
  inRegistry(): Promise<readonly string[]>;
}

/**
 * The version to install. A range that the platform's own Node satisfies gets that, for it costs no download; else
 * the newest fitting one of the registry. Throws `no match found` like the classic buildpack.
 */
export async function chooseNodeVersion(range: string, versions: NodeVersions): Promise<string> {
  if (range === "") {
    const newest = newestOf(versions.onPlatform);
    if (newest !== null) return newest;
  }
  const wanted = range === "" ? DEFAULT_RANGE : range;
  const here = newestMatching(wanted, versions.onPlatform);
  if (here !== null) return here;
  const elsewhere = await versions.inRegistry();
  const found = newestMatching(wanted, elsewhere);
  if (found !== null) return found;
  const lines = [...versions.onPlatform, ...newestOfLines(elsewhere)];
  throw new Error(`no match found for ${wanted} in [${lines.join(" ")}]`);
}

/** What to tell a developer about the way he asked for a version. */
export function nodeVersionWarnings(engines: string, nvmrc: string): string[] {
  const docs = "See: http://docs.cloudfoundry.org/buildpacks/node/node-tips.html";
  const wish = nvmrc.trim().toLowerCase();
  const warnings: string[] = [];
  if (wish !== "" && engines === "") {
    warnings.push(`Using the node version specified in your .nvmrc ${docs}`);
  }
  if (wish !== "" && engines !== "" && rangeOfNvmrc(nvmrc) !== engines) {
    warnings.push("Node version in .nvmrc ignored in favor of 'engines' field in package.json");
  }
  if (wish === "" && engines === "") {
    warnings.push(`Node version not specified in package.json or .nvmrc. ${docs}`);
  }
  if (engines === "*") warnings.push(`Dangerous semver range (*) in engines.node. ${docs}`);
  if (engines.startsWith(">")) warnings.push(`Dangerous semver range (>) in engines.node. ${docs}`);
  return warnings;
}

/** Node majors come with an npm; these are the versions that we give them. */
export function defaultNpmVersion(nodeVersion: string): string {
  return (parseVersion(nodeVersion)?.numbers[0] ?? 0) < 24 ? "10.9.9" : "11.21.2";
}

function newestOf(versions: readonly string[]): string | null {
  return newestMatching("*", versions);
}

/** The newest of each supported line, for a message that fits on a screen. */
function newestOfLines(versions: readonly string[]): string[] {
  const newest = [20, 22, 24, 26].map((line) => newestMatching(`${line}.x`, versions));
  const parsed = newest.flatMap((text) => (text === null ? [] : [{ text, version: parseVersion(text)! }]));
  return parsed.sort((a, b) => compareVersions(a.version, b.version)).map(({ text }) => text);
}
