import { readFileSync } from "node:fs";
import { join } from "node:path";

export { packBuildpack } from "./pack.ts";

/** A buildpack that the platform brings along. */
export interface SystemBuildpack {
  /** As in `cf buildpacks`. */
  readonly name: string;
  /** From 1; detection tries lower ones first. */
  readonly position: number;
  /** Null: any stack. */
  readonly stack: string | null;
  readonly version: string;
  /** What `cf buildpacks` shows as filename. */
  readonly filename: string;
  /** For `packBuildpack`. */
  readonly folder: string;
}

const ORDER = ["staticfile", "nodejs", "go", "python", "nginx", "binary"] as const;

/** The buildpacks to seed, in order of detection: the classic platform asks staticfile first and binary last, too. */
export function systemBuildpacks(): readonly SystemBuildpack[] {
  return ORDER.map((name, at) => {
    const folder = join(import.meta.dirname, name);
    const version = readFileSync(join(folder, "VERSION"), "utf8").trim();
    return {
      name: `${name}_buildpack`,
      position: at + 1,
      stack: "cflinuxfs4",
      version,
      filename: `${name}_buildpack-cflinuxfs4-v${version}.zip`,
      folder,
    };
  });
}
export { defaultNpmVersion } from "./nodejs/node-version.ts";
