import type { ProcessSpec } from "../client.ts";
import type { UserAccount } from "../user-account.ts";
import { capabilitiesOf } from "./capabilities.ts";

/** Open files of a process that asked for no number. Diego: bbs/models, default nofile of CC's processes */
const NOFILE_DEFAULT = 16_384;

/**
 * process.json of one `runc exec`. Everything is said: what is left out, runc takes from the container's own root.
 * @param nofileMax the hard limit of the platform's process, above which the kernel lets nobody go
 */
export function ociProcess(
  spec: ProcessSpec,
  environment: readonly string[],
  user: UserAccount,
  nofileMax: number,
): Record<string, unknown> {
  const nofile = Math.min(spec.nofile ?? NOFILE_DEFAULT, nofileMax);
  return {
    terminal: false,
    user: { uid: user.uid, gid: user.gid, additionalGids: [] },
    args: [spec.path, ...spec.args],
    env: environment,
    cwd: spec.dir ?? user.home,
    capabilities: capabilitiesOf(user.uid),
    rlimits: [
      { type: "RLIMIT_NOFILE", hard: nofile, soft: nofile },
      { type: "RLIMIT_CORE", hard: 0, soft: 0 },
    ],
    noNewPrivileges: true,
  };
}
