/** Never uploaded, whatever .cfignore says. cli: actor/sharedaction/resource.go */
export const DEFAULT_IGNORE_LINES: readonly string[] = [
  ".cfignore",
  ".DS_Store",
  ".git",
  ".gitignore",
  ".hg",
  ".svn",
  "_darcs",
  "manifest.yaml",
  "manifest.yml",
];

interface Rule {
  readonly pattern: RegExp;
  readonly negated: boolean;
  /** Only folders and what is in them. */
  readonly folderOnly: boolean;
}

/** Which files stay behind, by the rules of .gitignore: the last rule that matches a path decides. */
export class IgnoreRules {
  readonly #rules: readonly Rule[];
  /** Whether something inside an ignored folder may be wanted after all. */
  readonly hasExceptions: boolean;

  constructor(lines: readonly string[]) {
    this.#rules = lines.map(readRule).filter((rule): rule is Rule => rule !== null);
    this.hasExceptions = this.#rules.some((rule) => rule.negated);
  }

  /** @param path relative, with slashes. */
  ignores(path: string, isFolder: boolean): boolean {
    let ignored = false;
    for (const { pattern, negated, folderOnly } of this.#rules) {
      const match = pattern.exec(path);
      if (match === null) continue;
      const isInside = match[1] !== ""; // the rule names a folder above
      if (folderOnly && !isInside && !isFolder) continue;
      ignored = !negated;
    }
    return ignored;
  }
}

/** The rules of a folder: its .cfignore, then those that always hold. */
export function ignoreRules(cfIgnore: string): IgnoreRules {
  return new IgnoreRules([...cfIgnore.split("\n"), ...DEFAULT_IGNORE_LINES]);
}

function readRule(raw: string): Rule | null {
  let line = raw.replace(/\r$/, "").replace(/(?<!\\)\s+$/, "");
  if (line === "" || line.startsWith("#")) return null;
  const negated = line.startsWith("!");
  if (negated) line = line.slice(1);
  if (/^\\[#!]/.test(line)) line = line.slice(1);
  const folderOnly = line.endsWith("/");
  if (folderOnly) line = line.slice(0, -1);
  const anchored = line.includes("/");
  line = line.replace(/^\//, "");
  if (line === "") return null;
  const source = globSource(line);
  const start = anchored ? "^" : "^(?:.*/)?";
  try {
    return { pattern: new RegExp(`${start}${source}(/.*|)$`, "s"), negated, folderOnly };
  } catch {
    return null; // a broken pattern matches nothing, as with git
  }
}

/** `*` and `?` stay within a segment, `**` crosses them. */
function globSource(glob: string): string {
  let source = "";
  for (let at = 0; at < glob.length; at++) {
    const rest = glob.slice(at);
    const character = glob[at]!;
    if (rest.startsWith("**/")) {
      source += "(?:.*/)?";
      at += 2;
    } else if (rest === "**") {
      source += ".*";
      at += 1;
    } else if (character === "*") source += "[^/]*";
    else if (character === "?") source += "[^/]";
    else if (character === "[") {
      const end = glob.indexOf("]", at + 2);
      if (end < 0) source += "\\[";
      else {
        source += `[${glob
          .slice(at + 1, end)
          .replace(/^!/, "^")
          .replaceAll("\\", "\\\\")}]`;
        at = end;
      }
    } else if (character === "\\" && at + 1 < glob.length) {
      at++;
      source += escaped(glob[at]!);
    } else source += escaped(character);
  }
  return source;
}

function escaped(character: string): string {
  return character.replace(/[.+?^${}()|[\]\\*]/, "\\$&");
}
