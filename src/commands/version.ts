import { ingotVersion } from "../platform/version.ts";

/** `./ingot version` */
export async function version(): Promise<number> {
  process.stdout.write(`ingot ${ingotVersion()} (node ${process.versions.node})\n`);
  return 0;
}
