import { appendFileSync } from "node:fs";
import { relative, resolve } from "node:path";
import { type Offer, offers, type Served, servings } from "../../kit/served.ts";

// Loaded into every process of a test run: writes down what was offered, what was served, and in whose test.
// A process that a test starts inherits the test's name.

const FILE = "INGOT_RECORD_SERVED";
const TEST = "INGOT_RECORD_TEST";

const file = process.env[FILE];
const main = resolve(process.argv[1] ?? "");
if (main.endsWith(".test.ts")) process.env[TEST] = relative(resolve(import.meta.dirname, "../../.."), main);
const test = process.env[TEST];

if (file !== undefined && test !== undefined) {
  const written = new Set<string>();
  const write = (record: object): void => {
    const line = JSON.stringify(record);
    if (written.has(line)) return;
    written.add(line);
    appendFileSync(file, `${line}\n`); // at once: a test may kill this process
  };
  offers.subscribe((message) => write(message as Offer));
  servings.subscribe((message) => {
    const { works, ...offer } = message as Served;
    if (works) write({ ...offer, test });
  });
}
