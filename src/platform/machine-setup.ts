import type { Subprocess } from "../kit/subprocess.ts";
import type { IngotConfig } from "./config.ts";
import { hasProgram, installCommand, installPackages, missingNeeds } from "./system-packages.ts";

export interface MachineSetupDeps {
  readonly subprocess: Subprocess;
  /** One line for the person at the terminal. */
  readonly say: (line: string) => void;
  readonly isRoot: boolean;
  readonly has: (program: string) => boolean;
}

/**
 * Brings what the isolation needs and this machine lacks: as root on a machine with apt it is installed, a line each;
 * elsewhere, without root, or with `install: false` the command is printed. Never asks for rights that the account does not
 * have. Goes on whatever happens: what cannot be had makes the isolation weaker, which is told when it is chosen.
 */
export async function setUpMachine(
  config: Pick<IngotConfig, "isolation" | "install">,
  deps: MachineSetupDeps,
  signal: AbortSignal,
): Promise<void> {
  const missing = missingNeeds(config.isolation, deps.isRoot, deps.has);
  if (missing.length === 0) return;
  if (!config.install || !deps.isRoot || !deps.has("apt-get")) {
    const names = missing.map(({ program }) => program).join(", ");
    deps.say(`missing: ${names}   (${deps.isRoot ? "" : "as root: "}${installCommand(missing, deps.has)})`);
    return;
  }
  for (const { debian, purpose } of missing) deps.say(`installing ${debian} (apt): ${purpose}`);
  const packages = [...new Set(missing.map(({ debian }) => debian))];
  await installPackages(packages, deps.subprocess, signal).catch((error: unknown) => {
    if (!signal.aborted) deps.say(`not installed: ${(error as Error).message.split("\n")[0]}`);
  });
}

/** The real machine and account. */
export function thisMachine(): Pick<MachineSetupDeps, "isRoot" | "has"> {
  return { isRoot: process.getuid?.() === 0, has: hasProgram };
}
