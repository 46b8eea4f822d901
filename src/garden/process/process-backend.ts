import { mkdir, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ProcessIdentity } from "../../kit/process-identity.ts";
import type { ContainerRecord } from "../container-record.ts";
import { SharedNetworkBackend } from "../shared-network-backend.ts";
import { makeFolders } from "../stack/skeleton.ts";
import { innerPathOf, withInnerPaths } from "./inner-paths.ts";

/** Plain processes in a folder of their own. Nothing but the account's rights holds them; for trusted code alone. */
export class ProcessBackend extends SharedNetworkBackend {
  readonly isolation = "process";
  readonly notes = [
    `process: apps run as plain processes of this account${process.getuid?.() === 0 ? ", which is root" : ""}; lost is all isolation: files, processes, network, limits of memory, CPU and disk`,
  ];

  async create(record: ContainerRecord, folder: string): Promise<null> {
    const root = join(folder, "root");
    await makeFolders(root);
    for (const { sourcePath, destinationPath } of record.spec.bindMounts) {
      await mkdir(dirname(join(root, destinationPath)), { recursive: true });
      await symlink(sourcePath, join(root, destinationPath));
    }
    return null;
  }

  innerPath(_record: ContainerRecord, path: string, folder: string): string {
    return innerPathOf(join(folder, "root"), path);
  }

  protected override innerTextOf(_record: ContainerRecord, text: string, folder: string): string {
    return withInnerPaths(join(folder, "root"), text);
  }

  signalTarget(started: ProcessIdentity): ProcessIdentity {
    return started;
  }

  protected async command(
    _record: ContainerRecord,
    program: { readonly user: string; readonly dir: string; readonly words: readonly string[] },
    folder: string,
  ): Promise<string[]> {
    const dir = innerPathOf(join(folder, "root"), program.dir);
    return ["/bin/sh", "-c", 'cd "$1" && shift && exec "$@"', "sh", dir, ...program.words];
  }
}
