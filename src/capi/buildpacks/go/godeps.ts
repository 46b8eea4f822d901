import { readFileSync } from "node:fs";

/** What of Godeps.json matters here. */
export interface Godeps {
  readonly importPath: string;
  readonly goVersion: string | undefined;
  readonly packages: readonly string[];
}

/** Throws when it is no such file. */
export function readGodeps(path: string): Godeps {
  try {
    const { ImportPath, GoVersion, Packages } = JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;
    if (typeof ImportPath !== "string" || ImportPath === "") throw new Error("ImportPath is missing");
    const packages = Array.isArray(Packages) ? Packages.filter((name) => typeof name === "string") : [];
    return {
      importPath: ImportPath,
      goVersion: typeof GoVersion === "string" && GoVersion !== "" ? GoVersion : undefined,
      packages,
    };
  } catch (error) {
    throw new Error(`Bad Godeps/Godeps.json file: ${(error as Error).message}`);
  }
}
