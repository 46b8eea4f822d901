import { readCommandLine } from "../../platform/config.ts";
import { UsageError } from "../../platform/usage-error.ts";
import { askPlatform } from "./ask-platform.ts";

const ALL = ["seal-key", "signing-keys", "client-secrets", "certificates"];

/** `./ingot admin rotate WHAT… [--drop-old]`: with `--drop-old` tokens of older signing keys end at once. */
export async function rotate(argv: readonly string[]): Promise<number> {
  const { config, flags, positionals } = readCommandLine(argv, process.env, { "drop-old": "boolean" }, ALL.length);
  const wanted = positionals.includes("all") ? ALL : positionals;
  const unknown = wanted.find((what) => !ALL.includes(what));
  if (unknown !== undefined || wanted.length === 0) {
    throw new UsageError(
      `rotate ${ALL.join("|")}|all${unknown === undefined ? "" : `: '${unknown}' is none of these`}`,
    );
  }
  for (const what of wanted) {
    const body = { what, dropOld: flags["drop-old"] === true };
    const told = await askPlatform("rotate", config.state, "rotate", body);
    if ("failed" in told) return told.failed;
    process.stdout.write(`${what}: ${(told.answer as { done: string }).done}\n`);
  }
  return 0;
}
