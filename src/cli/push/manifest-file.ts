import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Input } from "../args.ts";
import { CliError, UsageError } from "../errors.ts";
import { existing } from "../flag-values.ts";
import { interpolate, type YamlValue } from "./manifest-vars.ts";

/** One app of a manifest; unknown fields go to the API as they are. */
export type ManifestApp = Record<string, YamlValue>;

export interface Manifest {
  /** Null: there is none, only flags. */
  readonly path: string | null;
  /** Fields beside `applications`, e.g. `version`. */
  readonly rest: Readonly<Record<string, YamlValue>>;
  applications: ManifestApp[];
}

/** A manifest that is no YAML (then there is a reason) or not one of a manifest's shape. */
export class InvalidManifest extends CliError {
  readonly reason: string | null;
  constructor(path: string, reason: string | null) {
    super(`Unable to push app because manifest ${path} is not valid yaml.${reason === null ? "" : ` (${reason})`}`);
    this.reason = reason;
  }
}

/** Why a text is no YAML. */
class InvalidYaml extends Error {}

function wrongVarsFile(error: InvalidYaml | null): never {
  const reason = error === null ? "It holds no mapping of names to values." : error.message;
  throw new CliError(`The option --vars-file expects a valid YAML file. ${reason}`);
}

/** manifest.yml or manifest.yaml of a folder, or the file itself; null when there is none. */
async function findManifest(path: string): Promise<string | null> {
  const info = await stat(path).catch(() => null);
  if (info === null) return null;
  if (!info.isDirectory()) return path;
  for (const name of ["manifest.yml", "manifest.yaml"]) {
    const candidate = join(path, name);
    if ((await stat(candidate).catch(() => null)) !== null) return candidate;
  }
  return null;
}

/**
 * The manifest that a flag names, or that of the working directory: null when there is none. Throws `UsageError` for a
 * path that is not there and for a folder without one. cli: flag/manifest_path_with_existence_check.go
 */
export async function givenManifest(cwd: string, given: string | undefined): Promise<string | null> {
  if (given === undefined) return await findManifest(cwd);
  const path = await findManifest(await existing(cwd, given));
  if (path !== null) return path;
  throw new UsageError(
    `Incorrect Usage: The specified directory '${given}' does not contain a file named 'manifest.yml'.`,
  );
}

/** The paths of `--vars-file`. Throws `UsageError` for one that is not there. */
export async function varsFilesOf(cwd: string, input: Input): Promise<string[]> {
  return await Promise.all(input.list("vars-file").map((file) => existing(cwd, file)));
}

/**
 * Reads a manifest and puts its variables in. Later files and `--var` win. Throws `CliError`.
 * @param pairs `name=value` as given; values are YAML.
 */
export async function readManifest(
  path: string,
  varsFiles: readonly string[],
  pairs: readonly string[],
): Promise<Manifest> {
  const text = await readText(path);
  const variables = new Map<string, YamlValue>();
  for (const file of varsFiles) {
    const values = await parseYaml(await readText(file)).catch(wrongVarsFile);
    if (!isMap(values)) wrongVarsFile(null);
    for (const [name, value] of Object.entries(values)) variables.set(name, value);
  }
  for (const pair of pairs) {
    const [name, value] = await readPair(pair);
    variables.set(name, value);
  }
  const parsed = await parseYaml(text).catch((error: InvalidYaml) => {
    throw new InvalidManifest(path, error.message);
  });
  const document = interpolate(parsed, variables);
  if (!isMap(document)) throw new InvalidManifest(path, null);
  const { applications, ...rest } = document;
  if (!Array.isArray(applications) || applications.length === 0) {
    throw new CliError("Manifest must have at least one application.");
  }
  const apps = applications as readonly YamlValue[];
  if (!apps.every(isMap)) throw new InvalidManifest(path, null);
  return { path, rest, applications: apps.map((app) => ({ ...app })) };
}

/** The manifest as the API takes it. */
export async function manifestYaml(manifest: Manifest): Promise<string> {
  const { stringify } = await import("yaml");
  // Written for YAML 1.1 readers too: texts like `yes` get quotes.
  return `---\n${stringify({ ...manifest.rest, applications: manifest.applications }, { version: "1.1", lineWidth: 0, aliasDuplicateObjects: false })}`;
}

export function isMap(value: YamlValue | undefined): value is Readonly<Record<string, YamlValue>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What `--var name=value` means. Throws `UsageError`. */
export async function readPair(pair: string): Promise<readonly [string, YamlValue]> {
  const equals = pair.indexOf("=");
  const wrong = (what: string): UsageError =>
    new UsageError(
      `Incorrect Usage: invalid argument for flag \`--var' (expected []template.VarKV): Expected var '${pair}' ${what}`,
    );
  if (equals < 0) throw wrong("to be in format 'name=value'");
  const name = pair.slice(0, equals);
  const text = pair.slice(equals + 1);
  if (name === "") throw wrong("to specify non-empty name");
  if (text === "") throw wrong("to specify non-empty value");
  const value = await parseYaml(text).catch(() => text);
  return [name, typeof value === "string" ? text : value];
}

async function readText(path: string): Promise<string> {
  return await readFile(path, "utf8").catch((error: Error) => {
    throw new CliError(`Could not read ${path}: ${error.message}`);
  });
}

/** Throws `InvalidYaml`. */
async function parseYaml(text: string): Promise<YamlValue> {
  const { parse } = await import("yaml");
  try {
    return parse(text, { merge: true }) as YamlValue;
  } catch (error) {
    const reason = error instanceof Error ? error.message.split("\n")[0] : String(error);
    throw new InvalidYaml(reason);
  }
}
