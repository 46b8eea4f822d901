import { readCommandLine } from "../platform/config.ts";

/** `./ingot config`: what flags, environment, file and defaults come to. */
export async function config(argv: readonly string[]): Promise<number> {
  process.stdout.write(`${JSON.stringify(readCommandLine(argv, process.env).config, null, 2)}\n`);
  return 0;
}
