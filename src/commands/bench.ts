import { readdirSync } from "node:fs";
import { join } from "node:path";

interface Benchmark {
  readonly name: string;
  readonly about: string;
  run(): Promise<void>;
}

const FOLDER = join(import.meta.dirname, "..", "..", "bench");

/** `./ingot bench [NAME…]`: runs the named benchmarks (`all` for every one); lists them without a name. */
export async function bench(argv: readonly string[]): Promise<number> {
  const files = readdirSync(FOLDER).filter(
    (file) => file.endsWith(".ts") && !file.startsWith("_") && !file.endsWith(".test.ts"),
  );
  const all: Benchmark[] = [];
  for (const file of files.sort()) all.push((await import(join(FOLDER, file))) as Benchmark);
  if (argv.length === 0) {
    for (const { name, about } of all) process.stdout.write(`${name.padEnd(14)} ${about}\n`);
    return 0;
  }
  const wanted = argv.includes("all") ? all : all.filter(({ name }) => argv.includes(name));
  const unknown = argv.filter((name) => name !== "all" && !all.some((one) => one.name === name));
  if (unknown.length > 0) {
    process.stderr.write(`ingot bench: unknown benchmark ${unknown.join(", ")}\n`);
    return 2;
  }
  for (const one of wanted) {
    process.stdout.write(`\n== ${one.name}: ${one.about}\n`);
    await one.run();
  }
  return 0;
}
