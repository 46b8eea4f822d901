import { createHash } from "node:crypto";
import { join } from "node:path";
import { xxhash64 } from "./xxhash64.ts";

/** What the builder was told. Names and defaults: buildpackapplifecycle, builder_config.go. */
export interface BuilderConfig {
  readonly buildDir: string;
  readonly outputDroplet: string;
  readonly outputMetadata: string;
  readonly outputBuildArtifactsCache: string;
  readonly buildpacksDir: string;
  readonly buildpacksDownloadDir: string;
  readonly buildArtifactsCacheDir: string;
  /** Keys of system buildpacks or URLs, in order. */
  readonly buildpackOrder: readonly string[];
  readonly skipDetect: boolean;
  readonly skipCertVerify: boolean;
  readonly credhubConnectAttempts: number;
  readonly credhubRetryDelayMs: number;
}

/** The command line cannot be understood; the message is for the person who wrote it. */
export class FlagError extends Error {}

const TEXT_DEFAULTS: Readonly<Record<string, string>> = {
  buildDir: "/tmp/app",
  outputDroplet: "/tmp/droplet",
  outputMetadata: "/tmp/result.json",
  outputBuildArtifactsCache: "/tmp/output-cache",
  buildpacksDir: "/tmp/buildpacks",
  buildpacksDownloadDir: "/tmp/buildpackdownloads",
  buildArtifactsCacheDir: "/tmp/cache",
  buildpackOrder: "",
  credhubConnectAttempts: "3",
  credhubRetryDelay: "1s",
};
const SWITCHES = new Set(["skipDetect", "skipCertVerify"]);
const TRUE = new Set(["1", "t", "T", "true", "TRUE", "True"]);
const FALSE = new Set(["0", "f", "F", "false", "FALSE", "False"]);

/** Reads flags as Go's flag package does: `-name=value`, `-name value`, one dash or two, switches without value. */
export function parseBuilderFlags(args: readonly string[]): BuilderConfig {
  const values: Record<string, string> = { ...TEXT_DEFAULTS, skipDetect: "false", skipCertVerify: "false" };
  for (let at = 0; at < args.length; at++) {
    const match = /^--?([^=-][^=]*)(?:=(.*))?$/s.exec(args[at]!);
    if (match === null) break; // first argument that is no flag ends them
    const name = match[1]!;
    if (!(name in values)) throw new FlagError(`flag provided but not defined: -${name}`);
    if (SWITCHES.has(name)) {
      const value = match[2] ?? "true";
      if (!TRUE.has(value) && !FALSE.has(value)) {
        throw new FlagError(`invalid boolean value "${value}" for -${name}: parse error`);
      }
      values[name] = TRUE.has(value) ? "true" : "false";
    } else if (match[2] !== undefined) {
      values[name] = match[2];
    } else {
      at += 1;
      if (at >= args.length) throw new FlagError(`flag needs an argument: -${name}`);
      values[name] = args[at]!;
    }
  }
  const missing = Object.keys(values).filter((name) => values[name] === "");
  if (missing.length > 0) throw new FlagError(missing.map((name) => `missing flag: -${name}`).join(", "));
  const text = (name: string): string => values[name]!;
  return {
    buildDir: text("buildDir"),
    outputDroplet: text("outputDroplet"),
    outputMetadata: text("outputMetadata"),
    outputBuildArtifactsCache: text("outputBuildArtifactsCache"),
    buildpacksDir: text("buildpacksDir"),
    buildpacksDownloadDir: text("buildpacksDownloadDir"),
    buildArtifactsCacheDir: text("buildArtifactsCacheDir"),
    buildpackOrder: text("buildpackOrder").split(","),
    skipDetect: values["skipDetect"] === "true",
    skipCertVerify: values["skipCertVerify"] === "true",
    credhubConnectAttempts: wholeNumber("credhubConnectAttempts", text("credhubConnectAttempts")),
    credhubRetryDelayMs: goDurationMs("credhubRetryDelay", text("credhubRetryDelay")),
  };
}

/** Buildpacks before the last: they only supply. None when buildpacks are detected, for then one is chosen. */
export function supplyBuildpacks(config: BuilderConfig): readonly string[] {
  return config.skipDetect ? config.buildpackOrder.slice(0, -1) : [];
}

/** The folder name of a buildpack's dependencies: 0, 1 …; all of the same width, as in 00 … 11 of twelve. */
export function depsIndex(config: BuilderConfig, index: number): string {
  const digits = Math.floor(Math.log10(supplyBuildpacks(config).length + 1)) + 1;
  return String(index).padStart(digits, "0");
}

/** Whether the name of a buildpack is an address to fetch it from. */
export function isUrl(buildpack: string): boolean {
  return /^[A-Za-z][A-Za-z0-9+.-]*:/.test(buildpack);
}

/** Where a buildpack may lie: named by XXH64 of its key, or in older ways by MD5. */
export function buildpackPaths(config: BuilderConfig, buildpack: string): readonly [current: string, legacy: string] {
  const base = isUrl(buildpack) ? config.buildpacksDownloadDir : config.buildpacksDir;
  const md5 = createHash("md5").update(buildpack).digest("hex");
  return [join(base, xxhash64(buildpack)), join(base, md5)];
}

/** What a supplying buildpack keeps from one staging to the next. */
export function supplyCachePath(config: BuilderConfig, buildpack: string): string {
  return join(config.buildArtifactsCacheDir, xxhash64(buildpack));
}

function wholeNumber(name: string, text: string): number {
  if (!/^\d+$/.test(text)) throw new FlagError(`invalid value "${text}" for flag -${name}: parse error`);
  return Number(text);
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** `1s`, `1m30s`, `500ms` */
export function goDurationMs(name: string, text: string): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)];
  if (parts.map((part) => part[0]).join("") !== text || text === "") {
    throw new FlagError(`invalid value "${text}" for flag -${name}: parse error`);
  }
  return parts.reduce((sum, part) => sum + Number(part[1]) * UNIT_MS[part[2]!]!, 0);
}
