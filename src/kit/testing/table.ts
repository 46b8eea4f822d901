import { readFileSync } from "node:fs";

/** The lines of a file of fields between tabs; empty lines and those that begin with `#` are none. */
export function readTable(path: string): string[][] {
  return readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.split("\t"));
}
