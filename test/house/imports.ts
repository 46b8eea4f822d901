import { globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

export interface Import {
  /** Both relative to the repository, e.g. `src/kit/clock.ts`; or a package's name. */
  readonly from: string;
  readonly to: string;
  readonly typeOnly: boolean;
}

const FOLDERS = ["src", "sim", "bench", "test"];
/** `import … from "x"`, `export … from "x"`, `import "x"`, `import("x")`. */
const IMPORT = /(?:^|\n)\s*(?:import|export)\s+(type\s)?(?:[^"';]*?\sfrom\s+)?"([^"]+)"|\bimport\(\s*"([^"]+)"\s*\)/g;

/** Every import in the tree, tests included. Reads text: `using` declarations and types are no hindrance. */
export function readImports(root: string): Import[] {
  const found: Import[] = [];
  for (const from of globSync(
    FOLDERS.map((folder) => `${folder}/**/*.ts`),
    { cwd: root },
  )) {
    for (const match of readFileSync(join(root, from), "utf8").matchAll(IMPORT)) {
      const target = match[2] ?? match[3]!;
      const to = target.startsWith(".") ? normalize(join(dirname(from), target)) : target;
      found.push({ from, to, typeOnly: match[1] !== undefined });
    }
  }
  return found;
}

const AREA = /^src\/(capi|identity|diego|routing|logging|networking|services)\/([^/]+)\//;
const FLAT_AREA = /^src\/(garden|console|cli)\//;
const DOORS = /\/(index|client|model)\.ts$/;

/** The component a file belongs to, e.g. `diego/bbs` or `garden`; null outside components. */
function component(file: string): string | null {
  const area = AREA.exec(file);
  if (area !== null) return `${area[1]}/${area[2]}`;
  return FLAT_AREA.exec(file)?.[1] ?? null;
}

/** Tests, and what only tests use: fakes and harnesses in folders named `testing`. */
const isTest = (file: string): boolean =>
  file.endsWith(".test.ts") || file.includes("/testing/") || !file.startsWith("src/");

/** Which rule of the folders an import breaks (docs/architecture.md), or null. `developmentPackages`: names in devDependencies. */
export function brokenRule({ from, to, typeOnly }: Import, developmentPackages: ReadonlySet<string>): string | null {
  const fromComponent = component(from);
  const toComponent = component(to);
  const packageName = to.startsWith("@") ? to.split("/").slice(0, 2).join("/") : to.split("/")[0]!;
  if (!isTest(from) && !typeOnly && developmentPackages.has(packageName))
    return "the product needs no development package";
  if (!to.endsWith(".ts")) return null; // a package
  if (!isTest(from) && isTest(to) && !/^src\/commands\/(sim|bench|test(-[a-z]+)?)\.ts$/.test(from))
    return "the product needs no test";
  if (from.startsWith("src/kit/") && !to.startsWith("src/kit/")) return "the kit knows nothing of Cloud Foundry";
  if (from.startsWith("src/protocol/") && !/^src\/(kit|protocol)\//.test(to)) return "protocol knows the kit alone";
  if (fromComponent !== null && /^src\/(platform|commands)\//.test(to) && !isTest(from))
    return "a component does not know the platform";
  if (from.startsWith("src/platform/") && to.startsWith("src/commands/"))
    return "the platform does not know the commands";
  if (toComponent !== null && fromComponent !== toComponent && !isTest(from) && !DOORS.test(to))
    return "a component has one door: index.ts, client.ts, model.ts";
  return null;
}

/** One cycle of imports that run code, as the files along it; null when there is none. */
export function findCycle(imports: readonly Import[]): string[] | null {
  const edges = new Map<string, string[]>();
  for (const { from, to, typeOnly } of imports) {
    if (typeOnly || !to.endsWith(".ts")) continue;
    const list = edges.get(from);
    if (list === undefined) edges.set(from, [to]);
    else list.push(to);
  }
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): string[] | null => {
    if (done.has(file)) return null;
    const at = path.indexOf(file);
    if (at >= 0) return [...path.slice(at), file];
    path.push(file);
    for (const next of edges.get(file) ?? []) {
      const cycle = visit(next);
      if (cycle !== null) return cycle;
    }
    path.pop();
    done.add(file);
    return null;
  };
  for (const file of edges.keys()) {
    const cycle = visit(file);
    if (cycle !== null) return cycle;
  }
  return null;
}
