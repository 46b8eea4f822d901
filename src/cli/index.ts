import { servings } from "../kit/served.ts";
import { parseArguments } from "./args.ts";
import { Cli } from "./cli.ts";
import type { Command } from "./command.ts";
import { COMMAND_CATEGORIES, COMMANDS, findCommand } from "./command-list.ts";
import { ConfigFile } from "./config-file.ts";
import type { CliDeps } from "./deps.ts";
import { CliError, IncorrectUsage, UsageError } from "./errors.ts";
import { Trace } from "./trace.ts";
import { Ui } from "./ui.ts";

export { COMMANDS } from "./command-list.ts";
export type { CliDeps, CliInput, CliOutput } from "./deps.ts";

/** As a shell reports a program that wrote to a closed pipe. */
const SIGPIPE_EXIT_CODE = 141;

/**
 * Runs one command as the official `cf` does: same words, same output, same exit codes (0, 1; 22 for `curl -f`).
 * Output ends up on `deps.stdout` and `deps.stderr`; the configuration is `CF_HOME/.cf/config.json`.
 */
export async function runCf(argv: readonly string[], deps: CliDeps): Promise<number> {
  // Whoever reads our output may go away (`cf logs x | head`): then there is nothing left to do.
  const unread = new AbortController();
  const onError = (error: Error): void => unread.abort(error);
  for (const output of [deps.stdout, deps.stderr]) {
    // This one stays: the failure of the very last write is told after we have returned.
    if (output.listenerCount("error") === 0) output.on("error", () => undefined);
    output.on("error", onError);
  }
  try {
    const code = await dispatch(argv, { ...deps, signal: AbortSignal.any([deps.signal, unread.signal]) });
    return unread.signal.aborted ? SIGPIPE_EXIT_CODE : code;
  } finally {
    deps.stdout.off("error", onError);
    deps.stderr.off("error", onError);
  }
}

async function dispatch(argv: readonly string[], deps: CliDeps): Promise<number> {
  const words = [...argv];
  let verbose = false;
  // -v may stand before the command or after it, but not among the literal arguments of set-env.
  while (words[0] === "-v" || words[0] === "--verbose") {
    verbose = true;
    words.shift();
  }
  const name = words.shift();
  if (name === undefined || name === "--help" || name === "-h") {
    return await dispatch(verbose && name === undefined ? ["version"] : ["help", ...words], deps); // `cf -v`, `cf`
  }
  if (name === "--version") return await dispatch(["version"], deps);
  const entry = findCommand(name);
  if (entry === null) {
    const { suggestionsFor } = await import("./help.ts");
    const similar = suggestionsFor(COMMANDS, name);
    const more = similar.length === 0 ? "" : `\n\nDid you mean?${similar.map((word) => `\n    ${word}`).join("")}`;
    deps.stderr.write(`'${name}' is not a registered command. See 'cf help -a'${more}\n`);
    return 1;
  }
  if (words.some((word) => word === "-h" || word === "--help")) return await showHelp(entry.name, deps);
  const command = await entry.load();
  const hasOwnV = command.flags?.some((flag) => flag.short === "v") === true;
  if (!hasOwnV && command.literalFrom === undefined) {
    const at = words.indexOf("-v");
    if (at >= 0) {
      verbose = true;
      words.splice(at, 1);
    }
  }
  return await runCommand(entry.name, command, words, verbose, deps);
}

async function runCommand(
  name: string,
  command: Command,
  words: readonly string[],
  verbose: boolean,
  deps: CliDeps,
): Promise<number> {
  let cli: Cli | null = null;
  let ui = new Ui(deps, "");
  try {
    const input = parseArguments(words, command.flags ?? [], command.args ?? [], command.literalFrom);
    const config = new ConfigFile(deps.env["CF_HOME"] || deps.homeDir);
    ui = new Ui(deps, config.values.ColorEnabled);
    const trace = new Trace(deps, verbose, config.values.Trace);
    cli = new Cli({ deps, ui, config, trace, verbose, categories: COMMAND_CATEGORIES });
    await command.run(cli, input);
    ui.flushDeferred();
    if (servings.hasSubscribers) servings.publish({ system: "cf", name, works: true });
    return 0;
  } catch (error) {
    return await fail(error, name, ui, deps);
  } finally {
    cli?.close();
    cli?.config.save();
  }
}

async function fail(error: unknown, name: string, ui: Ui, deps: CliDeps): Promise<number> {
  if (deps.signal.aborted) return 130; // Ctrl-C
  if (error instanceof UsageError) {
    deps.stderr.write(`${error.message}\n\n`);
    await showHelp(name, deps);
    return 1;
  }
  if (!(error instanceof CliError)) {
    ui.warn(`Unexpected error: ${error instanceof Error ? error.message : String(error)}`);
    ui.failed();
    return 1;
  }
  ui.warn(error.message);
  ui.failed();
  ui.flushDeferred();
  if (error instanceof IncorrectUsage) {
    ui.text();
    await showHelp(name, deps);
  }
  return error.exitCode;
}

async function showHelp(name: string, deps: CliDeps): Promise<number> {
  const { commandHelp } = await import("./help.ts");
  deps.stdout.write((await commandHelp(COMMAND_CATEGORIES, name)) ?? "");
  return 0;
}
