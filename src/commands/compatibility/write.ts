import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { COMMANDS } from "../../cli/index.ts";
import { compatibilityTable, type RecordLine, withTable } from "./table.ts";

const DOCUMENT = join(import.meta.dirname, "..", "..", "..", "docs", "compatibility.md");

/** What a test's own process is started with, so that it writes down what it serves. */
export const RECORDER_ARGUMENT = `--import=${pathToFileURL(join(import.meta.dirname, "record-main.ts")).href}`;

/** From now on tests and the platforms that they start write down what they serve. Gives the file. */
export async function startRecord(): Promise<string> {
  const file = join(await mkdtemp(join(tmpdir(), "ingot-compat-")), "served.jsonl");
  await writeFile(file, "");
  process.env["INGOT_RECORD_SERVED"] = file;
  return file;
}

/** Writes the table of what a run served into docs/compatibility.md and says what no test shows. The record is deleted. */
export async function writeCompatibility(file: string, say: (line: string) => void): Promise<void> {
  const lines = (await readFile(file, "utf8"))
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as RecordLine);
  const commands = COMMANDS.map(({ name }) => ({ system: "cf", name }));
  const { markdown, rows, missing } = compatibilityTable([...lines, ...commands]);
  await writeFile(DOCUMENT, withTable(await readFile(DOCUMENT, "utf8"), markdown));
  await rm(dirname(file), { recursive: true, force: true });
  for (const name of missing) say(`no test shows ${name}`);
  say(`docs/compatibility.md: ${rows} rows, ${rows - missing.length} with a test`);
}
