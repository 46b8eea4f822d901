import { runSeed, type SeedResult } from "./run-seed.ts";

export { runSeed, type SeedResult };

const USAGE = `usage: ./ingot sim [--seed N] [--seeds COUNT] [--trace]
  --seed N       the first seed, default 1
  --seeds COUNT  how many, default 1
  --trace        print what happens, line by line
Each seed runs twice; both runs must leave the same trace.
`;

/** Runs seeds of the simulator. Gives the exit code: 1 when a truth was violated or two runs of a seed differed. */
export async function runSim(
  argv: readonly string[],
  write: (text: string) => void = (text) => process.stdout.write(text),
): Promise<number> {
  const options = parse(argv);
  if (options === null) {
    write(USAGE);
    return 2;
  }
  let failed = 0;
  for (let seed = options.seed; seed < options.seed + options.seeds; seed++) {
    const result = await runSeed(seed, options.trace ? (line) => write(`${line}\n`) : undefined);
    const again = await runSeed(seed);
    const problems = [...result.violations];
    if (again.traceHash !== result.traceHash) problems.push(`two runs, two traces: ${again.traceHash}`);
    if (problems.length > 0) failed++;
    const verdict = problems.length === 0 ? "ok" : problems.map((problem) => `\n  ${problem}`).join("");
    write(`seed ${seed}  ${result.traceHash}  ${result.events} events  ${verdict}\n`);
  }
  return failed === 0 ? 0 : 1;
}

function parse(argv: readonly string[]): { seed: number; seeds: number; trace: boolean } | null {
  const options = { seed: 1, seeds: 1, trace: false };
  const rest = [...argv];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === "--trace") options.trace = true;
    else if (word === "--seed" || word === "--seeds") {
      const value = Number(rest.shift());
      if (!Number.isInteger(value) || value < 0) return null;
      options[word === "--seed" ? "seed" : "seeds"] = value;
    } else return null;
  }
  return options;
}
