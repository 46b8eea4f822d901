import { readFile, stat } from "node:fs/promises";
import { resolve } from "node:path";
import type { Input } from "./args.ts";
import type { Cli } from "./cli.ts";
import { value } from "./command.ts";
import { UsageError } from "./errors.ts";
import { type JsonObject, jsonObject } from "./json-object.ts";

export const PARAMETERS_FLAG = value(
  "-c",
  "Valid JSON object containing service-specific configuration parameters, provided either in-line or in a file. For a list of supported configuration parameters, see documentation for the particular service offering.",
);

/** `-c`: a JSON object or the path of a file with one; undefined without the flag. Throws `UsageError`. cli: flag/path.go */
export async function serviceParameters(cli: Cli, input: Input): Promise<JsonObject | undefined> {
  const word = input.text("c");
  if (word === undefined) return undefined;
  const path = resolve(cli.deps.cwd, word);
  const isFile = await stat(path).then(
    () => true,
    () => false,
  );
  const text = isFile ? await readFile(path, "utf8").catch(() => "") : word;
  const parameters = jsonObject(text);
  if (parameters === null) {
    throw new UsageError(
      "Incorrect Usage: Invalid configuration provided for -c flag. Please provide a valid JSON object or path to a file containing a valid JSON object.",
    );
  }
  return parameters;
}

/** How the usage of commands with `-c` explains it. */
export function parametersUsage(call: string, example: string): string {
  return `Optionally provide service-specific configuration parameters in a valid JSON object in-line:
${call} -c '{"name":"value","name":"value"}'

Optionally provide a file containing service-specific configuration parameters in a valid JSON object.
The path to the parameters file can be an absolute or relative path to a file:
${call} -c PATH_TO_FILE

Example of valid JSON object:
${example}`;
}
