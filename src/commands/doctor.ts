import { checkMachine } from "../platform/checks.ts";
import { readCommandLine } from "../platform/config.ts";

/** `./ingot doctor [--json]`: one line a check, each failure with its fix. Exit code 1 when something is amiss. */
export async function doctor(argv: readonly string[]): Promise<number> {
  const { config, flags } = readCommandLine(argv, process.env, { json: "boolean" });
  const results = await checkMachine(config);
  if (flags["json"] === true) process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
  else {
    for (const { name, ok, found, fix } of results) {
      process.stdout.write(
        `${ok ? "ok  " : "FAIL"} ${name.padEnd(16)} ${found}${fix === "" ? "" : `\n     → ${fix}`}\n`,
      );
    }
  }
  return results.every(({ ok }) => ok) ? 0 : 1;
}
