import type { CommandCategories, CommandEntry } from "./command-list.ts";

/** Columns of environment variables, as the official help has them. */
const ENVIRONMENT_WIDTH = 29;

/** What a command is for and how it is called; null for one that is not there. */
export async function commandHelp(categories: CommandCategories, word: string): Promise<string | null> {
  const commands = categories.flatMap(([, rows]) => rows.flat());
  const entry = commands.find(({ name, alias }) => name === word || alias === word);
  if (entry === undefined) return null;
  const command = await entry.load();
  const parts = [`NAME:\n   ${entry.name} - ${entry.about}`, `USAGE:\n${usageText(command.usage)}`];
  if (entry.alias !== undefined) parts.push(`ALIAS:\n   ${entry.alias}`);
  const flags = (command.flags ?? []).filter(({ hidden }) => hidden !== true);
  if (flags.length > 0) {
    const rows = flags.map(({ long, short, about }) => [
      [long === undefined ? "" : `--${long}`, short === undefined ? "" : `-${short}`]
        .filter((word) => word !== "")
        .join(", "),
      about,
    ]);
    const width = Math.max(...rows.map(([names]) => names!.length)) + 6;
    parts.push(`OPTIONS:\n${rows.map(([names, about]) => `   ${names!.padEnd(width)}${about}`).join("\n")}`);
  }
  if (command.environment !== undefined) {
    const rows = command.environment.map(
      ([variable, fallback, about]) => `   ${`${variable}=${fallback}`.padEnd(ENVIRONMENT_WIDTH)}${about}`,
    );
    parts.push(`ENVIRONMENT:\n${rows.join("\n")}`);
  }
  if (command.related !== undefined) parts.push(`SEE ALSO:\n   ${command.related.split(", ").sort(byName).join(", ")}`);
  return `${parts.join("\n\n")}\n`;
}

/** By the alphabet; names of which one begins the other stay as they are given. cli: util/sorting */
function byName(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  const [start, other] = [left.slice(0, length), right.slice(0, length)];
  return start === other ? 0 : start < other ? -1 : 1;
}

/** Indented up to the first heading of its own (`EXAMPLES:`) or tip, as written from there. */
function usageText(usage: string): string {
  const lines = usage.split("\n");
  const heading = lines.findIndex((line) => /^(TIP:|[A-Z ]+:$)/.test(line));
  const end = heading < 0 ? lines.length : heading;
  return lines.map((line, index) => (index < end && line !== "" ? `   ${line}` : line)).join("\n");
}

/** Commands whose names are near a mistyped one. */
export function suggestionsFor(commands: readonly CommandEntry[], word: string): string[] {
  const near = commands.map(({ name }) => ({ name, distance: editDistance(word, name) }));
  return near
    .filter(({ distance }) => distance <= 2)
    .sort((left, right) => left.distance - right.distance)
    .slice(0, 3)
    .map(({ name }) => name);
}

/** Levenshtein's distance. */
function editDistance(left: string, right: string): number {
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row++) {
    const current = [row];
    for (let column = 1; column <= right.length; column++) {
      const substitution = previous[column - 1]! + (left[row - 1] === right[column - 1] ? 0 : 1);
      current.push(Math.min(substitution, previous[column]! + 1, current[column - 1]! + 1));
    }
    previous = current;
  }
  return previous[right.length]!;
}
