import { spawn } from "node:child_process";
import { globSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { run } from "node:test";
import { readFlags } from "../platform/flags.ts";
import { RECORDER_ARGUMENT, startRecord, writeCompatibility } from "./compatibility/write.ts";
import { postgresFiles, postgresForTests } from "./test-postgres.ts";
import { installTestTools } from "./test-tools.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const BIN = join(ROOT, "node_modules", ".bin");

interface Tally {
  passed: number;
  failed: number;
  skipped: number;
}

/** Each is one check: it passes or fails as a whole. */
const CHECKS: readonly { readonly name: string; readonly file: string; readonly args: readonly string[] }[] = [
  { name: "format and lint", file: join(BIN, "biome"), args: ["ci", "--colors=off", "--error-on-warnings", "."] },
  { name: "types", file: join(BIN, "tsc"), args: ["-p", ".", "--pretty", "false"] },
  { name: "dead exports", file: join(BIN, "knip"), args: ["--no-progress", "--exports", "--files"] },
];

/** How many test files run at once. System tests boot whole platforms: one after the other. */
const UNIT_FILES_AT_ONCE = 2;

/**
 * `./ingot test`: checks, unit and property tests, those of the stores on PostgreSQL too, simulator, conformance, system and
 * abuse tests. `--quick` leaves out what boots a platform or a database; `--only PATH` runs the test files under it alone; `--repeat N` runs them N times; `--full` adds matrices,
 * fuzzing and many seeds (the tests see INGOT_TEST_FULL=1); `--compat` writes docs/compatibility.md's table from the run. The last line is `N passed, N failed`.
 */
export async function test(argv: readonly string[]): Promise<number> {
  const flags = readFlags(argv, {
    quick: "boolean",
    only: "string",
    repeat: "string",
    full: "boolean",
    compat: "boolean",
  });
  if (flags["full"] === true) process.env["INGOT_TEST_FULL"] = "1";
  const record = flags["compat"] === true ? await startRecord() : null;
  await installTestTools((line) => void process.stdout.write(`${line}\n`));
  const tally: Tally = { passed: 0, failed: 0, skipped: 0 };
  const only = typeof flags["only"] === "string" ? relative(ROOT, resolve(flags["only"])) : null;
  if (only === null) for (const check of CHECKS) await runCheck(check, tally);

  const repeats = Number(flags["repeat"] ?? 1);
  for (let round = 1; round <= repeats; round++) {
    const unit = testFiles(["src/**/*.test.ts", "sim/**/*.test.ts", "test/house/**/*.test.ts"], only);
    await runSuite("unit, property and simulator tests", unit, UNIT_FILES_AT_ONCE, tally);
    if (flags["quick"] === true) continue;
    await runOnPostgres(
      postgresFiles((patterns) => testFiles(patterns, only), flags["full"] === true),
      tally,
    );
    for (const area of ["conformance", "system", "abuse"]) {
      await runSuite(`${area} tests`, testFiles([`test/${area}/**/*.test.ts`], only), 1, tally);
    }
  }
  if (record !== null) await writeCompatibility(record, (line) => void process.stdout.write(`${line}\n`));
  const skipped = tally.skipped > 0 ? `, ${tally.skipped} skipped` : "";
  process.stdout.write(`${tally.passed} passed, ${tally.failed} failed${skipped}\n`);
  return tally.failed > 0 || tally.passed === 0 ? 1 : 0;
}

function testFiles(patterns: readonly string[], only: string | null): string[] {
  const files = patterns.flatMap((pattern) => globSync(pattern, { cwd: ROOT })).sort();
  const wanted = only === null ? files : files.filter((file) => file === only || file.startsWith(`${only}/`));
  return wanted.map((file) => join(ROOT, file));
}

async function runCheck(check: (typeof CHECKS)[number], tally: Tally): Promise<void> {
  const startedMs = performance.now();
  const { code, output } = await new Promise<{ code: number | null; output: string }>((done) => {
    const child = spawn(check.file, check.args, { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    const take = (chunk: Buffer): void => {
      output += chunk.toString();
    };
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    child.on("error", (error) => done({ code: 1, output: String(error) }));
    child.on("close", (code) => done({ code, output }));
  });
  if (code === 0) tally.passed++;
  else {
    tally.failed++;
    process.stdout.write(`${output.trimEnd()}\n`);
  }
  process.stdout.write(`${code === 0 ? "ok  " : "FAIL"} ${check.name} (${seconds(startedMs)} s)\n`);
}

async function runOnPostgres(files: string[], tally: Tally): Promise<void> {
  if (files.length === 0) return;
  await using server = await postgresForTests();
  if (server === null) {
    tally.skipped++;
    process.stdout.write("skip stores on PostgreSQL: this machine has none\n");
    return;
  }
  await runSuite("stores on PostgreSQL", files, UNIT_FILES_AT_ONCE, tally);
}

async function runSuite(name: string, files: string[], concurrency: number, tally: Tally): Promise<void> {
  if (files.length === 0) return;
  const startedMs = performance.now();
  const before = { ...tally };
  const recorder = process.env["INGOT_RECORD_SERVED"] === undefined ? [] : [RECORDER_ARGUMENT];
  const execArgv = ["--disable-warning=ExperimentalWarning", ...recorder];
  const events = run({ files, concurrency, execArgv, timeout: 600_000 });
  for await (const event of events) {
    if (event.type === "test:fail" || event.type === "test:pass") {
      const { details, name: testName, skip, file } = event.data;
      if (details.type === "suite") continue;
      // A file that holds tests is reported too, under its own path: its tests have been counted.
      if (event.type === "test:pass" && file !== undefined && resolve(ROOT, testName) === file) continue;
      if (skip !== undefined && skip !== false) {
        tally.skipped++;
        process.stdout.write(`skip ${testName}: ${skip === true ? "" : skip}\n`);
      } else if (event.type === "test:pass") tally.passed++;
      else {
        const { error } = details as { error?: Error & { cause?: unknown; failureType?: string } };
        if (error?.failureType === "subtestsFailed") continue;
        tally.failed++;
        const cause = error?.cause instanceof Error ? error.cause.stack : String(error?.cause ?? error?.message);
        process.stdout.write(`FAIL ${relative(ROOT, file ?? "")}: ${testName}\n${indent(String(cause))}\n`);
      }
    } else if (event.type === "test:stderr" && process.env["INGOT_TEST_VERBOSE"] !== undefined)
      process.stdout.write(event.data.message);
  }
  const [passed, failed] = [tally.passed - before.passed, tally.failed - before.failed];
  process.stdout.write(
    `${failed === 0 ? "ok  " : "FAIL"} ${name}: ${passed} passed, ${failed} failed (${seconds(startedMs)} s)\n`,
  );
}

function seconds(sinceMs: number): string {
  return ((performance.now() - sinceMs) / 1000).toFixed(1);
}

function indent(text: string): string {
  return text
    .split("\n")
    .slice(0, 40)
    .map((line) => `    ${line}`)
    .join("\n");
}
