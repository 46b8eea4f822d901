import { parseArgs } from "node:util";
import { UsageError } from "./usage-error.ts";

/** Flags of a command that needs no configuration. Throws `UsageError` on an unknown flag or a stray word. */
export function readFlags(
  argv: readonly string[],
  known: Readonly<Record<string, "string" | "boolean">>,
): Readonly<Record<string, string | boolean | undefined>> {
  const options = Object.fromEntries(Object.entries(known).map(([name, type]) => [name, { type }]));
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: false }).values as Record<
      string,
      string | boolean | undefined
    >;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}
