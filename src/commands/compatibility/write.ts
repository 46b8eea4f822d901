import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { COMMANDS } from "../../cli/index.ts";
import { compatibilityTable, type RecordLine, withTable } from "./table.ts";

const DOCUMENT = join(import.meta.dirname, "..", "..", "..", "docs", "compatibility.md");

/** From now on every Node process that is started writes down what it serves. Gives the file. */
export async function startRecord(): Promise<string> {
  const file = join(await mkdtemp(join(tmpdir(), "ingot-compat-")), "served.jsonl");
  await writeFile(file, "");
  const recorder = pathToFileURL(join(import.meta.dirname, "record-main.ts"));
  process.env["INGOT_RECORD_SERVED"] = file;
  process.env["NODE_OPTIONS"] = `${process.env["NODE_OPTIONS"] ?? ""} --import=${recorder.href}`.trim();
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
