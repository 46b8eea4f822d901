import { accessSync, constants } from "node:fs";
import { join } from "node:path";
import { runChecked, type Subprocess } from "../kit/subprocess.ts";

/** A program that the container driver needs, and the Debian package that brings it. */
interface Need {
  readonly program: string;
  readonly debian: string;
}

const CONTAINER_NEEDS: readonly Need[] = [
  { program: "runc", debian: "runc" },
  { program: "nft", debian: "nftables" },
  { program: "ip", debian: "iproute2" },
  { program: "perl", debian: "perl-base" },
  { program: "mkfs.ext4", debian: "e2fsprogs" },
  { program: "losetup", debian: "mount" },
  { program: "git", debian: "git" },
  { program: "curl", debian: "curl" },
];

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

/** Debian packages that containers need and this machine lacks. */
export function missingPackages(has: (program: string) => boolean = hasProgram): string[] {
  return [...new Set(CONTAINER_NEEDS.filter(({ program }) => !has(program)).map(({ debian }) => debian))];
}

/** Installs with apt, as root. Throws `CommandFailed` with apt's own words. */
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
