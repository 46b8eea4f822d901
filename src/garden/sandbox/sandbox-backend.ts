import { existsSync, realpathSync } from "node:fs";
import { mkdir, stat, writeFile } from "node:fs/promises";
import { dirname, join, normalize } from "node:path";
import { type ProcessIdentity, processIdentity } from "../../kit/process-identity.ts";
import type { ContainerRecord } from "../container-record.ts";
import { childrenOf } from "../process-tree.ts";
import { SharedNetworkBackend } from "../shared-network-backend.ts";
import { makeFolders, makeLinks } from "../stack/skeleton.ts";
import { LINKS } from "../stack/skeleton-files.ts";
import { userAccount } from "../user-account.ts";
import { bubblewrapCommand, EMPTIED_CANDIDATES } from "./bubblewrap-command.ts";

/** Containers by bubblewrap: separate views of files and processes for those who are not root. */
export class SandboxBackend extends SharedNetworkBackend {
  readonly isolation = "sandbox";
  readonly notes = [
    "sandbox: bubblewrap without root; lost are limits of memory, CPU and disk, security groups and networks of their own",
  ];
  #forbidsNamespaces: Promise<boolean> | null = null;

  async create(record: ContainerRecord, folder: string): Promise<null> {
    await this.#makeMountPoints(record);
    const root = join(folder, "root");
    await makeFolders(root);
    // /etc comes as a whole from the stack; what leads into it is there.
    const links = Object.entries(LINKS).filter(([path]) => !path.startsWith("etc/"));
    await makeLinks(root, Object.fromEntries(links));
    return null;
  }

  innerPath(_record: ContainerRecord, path: string): string {
    return path;
  }

  /** bubblewrap → its reaper, first process of the namespace → the process. */
  signalTarget(started: ProcessIdentity): ProcessIdentity | null {
    const [reaper] = childrenOf(started.pid);
    const [target] = reaper === undefined ? [] : childrenOf(reaper);
    return target === undefined ? started : processIdentity(target);
  }

  protected async command(
    record: ContainerRecord,
    program: { readonly user: string; readonly dir: string; readonly words: readonly string[] },
    folder: string,
  ): Promise<string[]> {
    const stack = await this.stacks.get(record.spec.rootfs);
    const { uid, gid } = userAccount(program.user);
    return bubblewrapCommand({
      rootPath: join(folder, "root"),
      etcPath: join(stack.skeletonPath, "etc"),
      osReleasePath: join(stack.skeletonPath, "os-release"),
      resolvConfPath: existsSync("/etc/resolv.conf") ? realpathSync("/etc/resolv.conf") : null,
      bindMounts: record.spec.bindMounts,
      emptied: EMPTIED_CANDIDATES.filter((path) => existsSync(path)),
      uid,
      gid,
      dir: program.dir,
      forbidsNamespaces: await this.#canForbidNamespaces(),
      words: program.words,
    });
  }

  /** The stack's /etc is read-only inside: what is to be mounted in it needs its place before. */
  async #makeMountPoints({ spec }: ContainerRecord): Promise<void> {
    const { skeletonPath } = await this.stacks.get(spec.rootfs);
    for (const { sourcePath, destinationPath } of spec.bindMounts) {
      const inner = normalize(destinationPath);
      if (!inner.startsWith("/etc/")) continue;
      const place = join(skeletonPath, inner);
      const isFolder = (await stat(sourcePath)).isDirectory();
      await mkdir(isFolder ? place : dirname(place), { recursive: true });
      if (!isFolder) await writeFile(place, "", { flag: "a" });
    }
  }

  #canForbidNamespaces(): Promise<boolean> {
    this.#forbidsNamespaces ??= this.deps.subprocess
      .run("bwrap", ["--help"], { signal: this.deps.clock.deadline(5_000) })
      .then(({ stdout }) => stdout.includes("--disable-userns"));
    return this.#forbidsNamespaces;
  }
}
