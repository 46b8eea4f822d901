import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Isolation } from "./client.ts";
import { detectCgroups } from "./container/cgroup.ts";

/** What this machine has; asked once at start. */
export interface MachineAbilities {
  readonly isRoot: boolean;
  /** Is there such a program on the path? */
  readonly has: (program: string) => boolean;
  readonly hasCgroups: boolean;
  readonly hasUserNamespaces: boolean;
  /** Built in, or perhaps loaded at the first mount. */
  readonly hasOverlay: boolean;
}

const NEEDED_FOR_CONTAINER = ["runc", "nft", "ip", "perl", "nsenter", "mkfs.ext4", "mount"];
const SYSTEM_PATH = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

export function probeMachine(searchPath: readonly string[] = SYSTEM_PATH): MachineAbilities {
  return {
    isRoot: process.getuid?.() === 0,
    has: (program) => searchPath.some((folder) => isExecutable(join(folder, program))),
    hasCgroups: detectCgroups() !== null,
    hasUserNamespaces: allowsUserNamespaces(),
    hasOverlay: /\boverlay\b/.test(readFileSync("/proc/filesystems", "utf8")) || existsSync("/lib/modules"),
  };
}

/** Why each kind cannot be had here; an empty list means that it can. */
export function lacks(isolation: Isolation, machine: MachineAbilities): string[] {
  const missing = (programs: readonly string[]): string[] =>
    programs.filter((program) => !machine.has(program)).map((program) => `${program} is missing`);
  switch (isolation) {
    case "container":
      if (!machine.isRoot) return ["not root"]; // whatever else is missing would not help
      return [
        ...missing(NEEDED_FOR_CONTAINER),
        ...(machine.hasCgroups ? [] : ["no cgroups with memory and pids"]),
        ...(machine.hasUserNamespaces ? [] : ["no user namespaces"]),
        ...(machine.hasOverlay ? [] : ["no overlay file system"]),
      ];
    case "sandbox":
      return [...missing(["bwrap", "perl"]), ...(machine.hasUserNamespaces ? [] : ["no user namespaces"])];
    case "process":
      return missing(["perl"]);
  }
}

/** The strongest kind that works here, or the wanted one, and why the stronger ones were passed over. */
export function chooseIsolation(
  wanted: "auto" | Isolation,
  machine: MachineAbilities,
): { readonly isolation: Isolation; readonly passedOver: readonly string[] } | { readonly impossible: string } {
  const order: readonly Isolation[] = wanted === "auto" ? ["container", "sandbox", "process"] : [wanted];
  const passedOver: string[] = [];
  for (const isolation of order) {
    const reasons = lacks(isolation, machine);
    if (reasons.length === 0) return { isolation, passedOver };
    passedOver.push(`no ${isolation} isolation: ${reasons.join(", ")}`);
  }
  return { impossible: passedOver.join("; ") };
}

/** Kernels and distributions can forbid them, to ordinary accounts alone (Debian's and Ubuntu's own switches). */
function allowsUserNamespaces(): boolean {
  const setting = (path: string, otherwise: number): number => {
    try {
      return Number(readFileSync(`/proc/sys/${path}`, "utf8"));
    } catch {
      return otherwise;
    }
  };
  if (!existsSync("/proc/self/ns/user") || setting("user/max_user_namespaces", 1) === 0) return false;
  if (process.getuid?.() === 0) return true;
  return (
    setting("kernel/unprivileged_userns_clone", 1) !== 0 &&
    setting("kernel/apparmor_restrict_unprivileged_userns", 0) === 0
  );
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
