import type { ArgumentSpec, FlagSpec, Input } from "./args.ts";
import type { Cli } from "./cli.ts";

/** One command; each lives in a file of its own under `commands/` and is imported only when called. */
export interface Command {
  /** Lines after `USAGE:`, without the indentation. */
  readonly usage: string;
  readonly args?: readonly ArgumentSpec[];
  readonly flags?: readonly FlagSpec[];
  /** Names of related commands, separated by commas. */
  readonly related?: string;
  /** From this argument on nothing is a flag. */
  readonly literalFrom?: number;
  /** Environment variables it heeds: name, default, meaning. */
  readonly environment?: readonly (readonly [string, string, string])[];
  /** Throws `CliError` for what the user must be told. */
  run(cli: Cli, input: Input): Promise<void>;
}

export const flag = (names: string, about: string): FlagSpec => spec(names, "flag", about);
export const value = (names: string, about: string): FlagSpec => spec(names, "value", about);
export const list = (names: string, about: string): FlagSpec => spec(names, "list", about);

/** The same flag, without which the command does not begin. */
export const required = (flag: FlagSpec): FlagSpec => ({ ...flag, required: true });

/** `"--quota -q"`, `"-f"`, `"--guid"` */
function spec(names: string, kind: FlagSpec["kind"], about: string): FlagSpec {
  const long = names.split(" ").find((name) => name.startsWith("--"));
  const short = names.split(" ").find((name) => !name.startsWith("--"));
  return {
    kind,
    about,
    ...(long === undefined ? {} : { long: long.slice(2) }),
    ...(short === undefined ? {} : { short: short.slice(1) }),
  };
}

export const APP_NAME: readonly ArgumentSpec[] = [{ name: "APP_NAME" }];

/** What starting apps heeds. */
export const START_ENVIRONMENT: readonly (readonly [string, string, string])[] = [
  ["CF_STAGING_TIMEOUT", "15", "Max wait time for staging, in minutes"],
  ["CF_STARTUP_TIMEOUT", "5", "Max wait time for app instance startup, in minutes"],
];
