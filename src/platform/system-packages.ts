import { accessSync, constants } from "node:fs";
import { join } from "node:path";
import { runChecked, type Subprocess } from "../kit/subprocess.ts";
import type { IngotConfig } from "./config.ts";

/** A program that this kind of isolation needs, and the packages that bring it. */
export interface Need {
  readonly program: string;
  /** What it is for, in the words of the line that tells of its installation. */
  readonly purpose: string;
  readonly debian: string;
  readonly fedora: string;
  readonly arch: string;
}

const need = (program: string, debian: string, purpose: string, fedora = debian, arch = debian): Need => ({
  program,
  purpose,
  debian,
  fedora,
  arch,
});

const PERL = need("perl", "perl-base", "starts and watches processes in containers", "perl-interpreter", "perl");
const NEEDS: Readonly<Record<"container" | "sandbox" | "process", readonly Need[]>> = {
  container: [
    need("runc", "runc", "runs containers"),
    need("nft", "nftables", "filters what containers send"),
    need("ip", "iproute2", "gives containers their network", "iproute"),
    need("mkfs.ext4", "e2fsprogs", "limits what containers may store"),
    need("nsenter", "util-linux", "enters containers"),
    need("mount", "mount", "mounts what containers see", "util-linux", "util-linux"),
    PERL,
  ],
  sandbox: [need("bwrap", "bubblewrap", "runs apps apart from each other without root"), PERL],
  process: [PERL],
};

const FOLDERS = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];
const INSTALL_TIMEOUT_MS = 300_000;

/** Whether a program can be run on this machine; also looks where an ordinary user's PATH does not. */
export function hasProgram(name: string): boolean {
  return FOLDERS.some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** What the best isolation that this account can have lacks on this machine; `auto` is containers for root, else the sandbox. */
export function missingNeeds(
  isolation: IngotConfig["isolation"],
  isRoot: boolean,
  has: (program: string) => boolean = hasProgram,
): Need[] {
  const kind = isolation !== "auto" ? isolation : isRoot ? "container" : "sandbox";
  return NEEDS[kind].filter(({ program }) => !has(program));
}

/** The command that installs them here, for a person to type. */
export function installCommand(needs: readonly Need[], has: (program: string) => boolean = hasProgram): string {
  const names = (distribution: "debian" | "fedora" | "arch"): string =>
    [...new Set(needs.map((one) => one[distribution]))].join(" ");
  if (has("dnf")) return `dnf install ${names("fedora")}`;
  if (has("pacman")) return `pacman -S ${names("arch")}`;
  if (has("zypper")) return `zypper install ${names("debian")}`;
  return `apt-get install ${names("debian")}`;
}

/** Installs Debian packages with apt, as root. Throws `CommandFailed` with apt's own words. */
export async function installPackages(
  packages: readonly string[],
  subprocess: Subprocess,
  signal: AbortSignal,
): Promise<void> {
  const options = { signal: AbortSignal.any([signal, AbortSignal.timeout(INSTALL_TIMEOUT_MS)]), env: aptEnvironment() };
  const install = ["install", "-y", "-qq", "--no-install-recommends", ...packages];
  const first = await subprocess.run("apt-get", install, options);
  if (first.code === 0) return;
  // A minimal image comes without package lists.
  await runChecked(subprocess, "apt-get", ["update", "-qq"], options);
  await runChecked(subprocess, "apt-get", install, options);
}

function aptEnvironment(): Record<string, string> {
  const inherited = Object.entries(process.env).filter((pair): pair is [string, string] => pair[1] !== undefined);
  return { ...Object.fromEntries(inherited), DEBIAN_FRONTEND: "noninteractive" };
}
