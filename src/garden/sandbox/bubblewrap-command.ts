import type { BindMount } from "../client.ts";
import { USR_EMPTIED } from "../stack/skeleton-files.ts";

export interface BubblewrapInput {
  /** The container's own folder, seen as `/`. */
  readonly rootPath: string;
  /** Accounts and settings of the stack, seen as /etc. */
  readonly etcPath: string;
  readonly osReleasePath: string;
  /** The machine's resolver settings, its network being shared. */
  readonly resolvConfPath: string | null;
  readonly bindMounts: readonly BindMount[];
  /** Folders of the machine's /usr that exist and are shown empty. */
  readonly emptied: readonly string[];
  readonly uid: number;
  readonly gid: number;
  readonly dir: string;
  /** Does this bubblewrap know how to forbid further user namespaces (0.8)? */
  readonly forbidsNamespaces: boolean;
  readonly words: readonly string[];
}

/**
 * The command line that runs a program in namespaces of its own without root: another view of the file system, no other
 * processes in sight, no capabilities. The environment is inherited, never said here: everybody can read command lines.
 */
export function bubblewrapCommand(input: BubblewrapInput): string[] {
  const mounts = input.bindMounts.flatMap(({ mode, sourcePath, destinationPath }) => [
    mode === "ro" ? "--ro-bind" : "--bind",
    sourcePath,
    destinationPath,
  ]);
  return [
    "bwrap",
    ...["--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"],
    ...(input.forbidsNamespaces ? ["--disable-userns"] : []),
    ...["--die-with-parent", "--new-session", "--cap-drop", "ALL"],
    ...["--uid", String(input.uid), "--gid", String(input.gid)],
    ...["--bind", input.rootPath, "/"],
    ...["--ro-bind", "/usr", "/usr"],
    ...input.emptied.flatMap((path) => ["--tmpfs", path]),
    ...["--ro-bind", input.osReleasePath, "/usr/lib/os-release"],
    ...["--ro-bind", input.etcPath, "/etc"],
    ...(input.resolvConfPath === null ? [] : ["--ro-bind", input.resolvConfPath, "/etc/resolv.conf"]),
    ...["--proc", "/proc", "--dev", "/dev"],
    ...mounts,
    ...["--chdir", input.dir],
    "--",
    ...input.words,
  ];
}

/** Candidates for `emptied`. */
export const EMPTIED_CANDIDATES: readonly string[] = USR_EMPTIED.map((path) => `/usr/${path}`);
