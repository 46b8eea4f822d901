import { COMMANDS, findCommand } from "./command-list.ts";

/** What a command is for and how it is called; null for one that is not there. */
export async function commandHelp(name: string): Promise<string | null> {
  const entry = findCommand(name);
  if (entry === null) return null;
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
    const rows = command.environment.map(([variable, fallback, about]) => [`${variable}=${fallback}`, about] as const);
    const width = Math.max(...rows.map(([setting]) => setting.length)) + 8;
    parts.push(`ENVIRONMENT:\n${rows.map(([setting, about]) => `   ${setting.padEnd(width)}${about}`).join("\n")}`);
  }
  if (command.related !== undefined) parts.push(`SEE ALSO:\n   ${command.related.split(", ").sort().join(", ")}`);
  return `${parts.join("\n\n")}\n`;
}

/** Indented up to the first heading of its own (`EXAMPLES:`) or tip, as written from there. */
function usageText(usage: string): string {
  const lines = usage.split("\n");
  const heading = lines.findIndex((line) => /^(TIP:|[A-Z ]+:$)/.test(line));
  const end = heading < 0 ? lines.length : heading;
  return lines.map((line, index) => (index < end && line !== "" ? `   ${line}` : line)).join("\n");
}

/** Commands whose names are near a mistyped one. */
export function suggestionsFor(word: string): string[] {
  const near = COMMANDS.map(({ name }) => ({ name, distance: editDistance(word, name) }));
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
