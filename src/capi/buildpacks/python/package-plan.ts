/** Files of the app that say which packages it needs. */
export interface PythonFiles {
  readonly requirementsTxt: boolean;
  readonly pipfile: boolean;
  readonly pipfileLock: boolean;
  readonly uvLock: boolean;
  readonly poetryLock: boolean;
  readonly pyproject: boolean;
  readonly setupPy: boolean;
  /** A folder with packages that are to be used instead of an index. */
  readonly vendor: boolean;
}

/** Where the list of packages comes from. */
export type PackageSource =
  | "requirements.txt"
  | "Pipfile.lock"
  | "Pipfile"
  | "uv.lock"
  | "poetry.lock"
  | "pyproject.toml"
  | "setup.py"
  | "nothing";

/** The most exact that is there: requirements.txt as ever, else a lock file, else what the app is itself. */
export function packageSource(files: PythonFiles): PackageSource {
  if (files.requirementsTxt) return "requirements.txt";
  if (files.pipfileLock) return "Pipfile.lock";
  if (files.pipfile) return "Pipfile";
  if (files.uvLock) return "uv.lock";
  if (files.poetryLock) return "poetry.lock";
  if (files.pyproject) return "pyproject.toml";
  return files.setupPy ? "setup.py" : "nothing";
}

/** requirements.txt of a Pipfile.lock, with the hashes that pip then checks. Throws on what is no such file. */
export function requirementsOfPipfileLock(text: string): string {
  const lock = JSON.parse(text) as {
    _meta?: { sources?: { url?: string }[] };
    default?: Record<string, Locked>;
  };
  const lines = (lock._meta?.sources ?? []).flatMap(({ url }, at) =>
    url === undefined ? [] : [`${at === 0 ? "-i" : "--extra-index-url"} ${url.replace(/\$\{?(\w+)\}?/g, "$${$1}")}`],
  );
  // One package without a hash (a folder, a repository) makes pip refuse all: then none is written.
  const packages = Object.entries(lock.default ?? {});
  const hashed = packages.every(([, locked]) => (locked.hashes?.length ?? 0) > 0);
  for (const [name, locked] of packages) lines.push(requirement(name, locked, hashed));
  return `${lines.join("\n")}\n`;
}

interface Locked {
  readonly version?: string;
  readonly extras?: readonly string[];
  readonly markers?: string;
  readonly hashes?: readonly string[];
  readonly git?: string;
  readonly ref?: string;
  readonly path?: string;
  readonly file?: string;
  readonly editable?: boolean;
}

function requirement(name: string, locked: Locked, hashed: boolean): string {
  const extras = locked.extras?.length ? `[${locked.extras.join(",")}]` : "";
  const markers = locked.markers === undefined ? "" : ` ; ${locked.markers}`;
  if (locked.git !== undefined)
    return `${name}${extras} @ git+${locked.git}${locked.ref ? `@${locked.ref}` : ""}${markers}`;
  const place = locked.path ?? locked.file;
  if (place !== undefined) return `${locked.editable ? "-e " : ""}${place}${extras}`;
  const hashes = hashed ? (locked.hashes ?? []).map((hash) => ` --hash=${hash}`).join("") : "";
  return `${name}${extras}${locked.version ?? ""}${markers}${hashes}`;
}

/** Requirements without the lines that name an index: with vendored packages no index is asked. */
export function withoutIndexes(requirements: string): string {
  return requirements.replace(/^\s*(?:-i|--index-url|--extra-index-url)[\s=].*$/gm, "");
}

/** Whether the list names one of these packages. Names compare as PEP 503 has them. */
export function namesPackage(requirements: string, names: readonly string[]): boolean {
  const plain = (name: string): string => name.toLowerCase().replace(/[-_.]+/g, "-");
  const wanted = new Set(names.map(plain));
  return requirements.split("\n").some((line) => {
    const [name] = /^\s*[A-Za-z0-9][A-Za-z0-9._-]*/.exec(line) ?? [];
    return name !== undefined && wanted.has(plain(name.trim()));
  });
}
