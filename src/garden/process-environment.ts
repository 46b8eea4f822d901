import type { EnvironmentVariable } from "../protocol/action.ts";
import type { UserAccount } from "./user-account.ts";

/** guardian: rundmc/processes/env.go, with /usr/local first as in every login. */
const PATH_OF_ROOT = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const PATH_OF_OTHERS = "/usr/local/bin:/usr/bin:/bin";

/**
 * `NAME=value` lines of one process: the container's, then the process's own, the later one winning; PATH, USER and HOME
 * where nobody set them.
 */
export function processEnvironment(
  container: readonly EnvironmentVariable[],
  own: readonly EnvironmentVariable[],
  user: UserAccount,
): string[] {
  const variables = new Map<string, string>([
    ["PATH", user.uid === 0 ? PATH_OF_ROOT : PATH_OF_OTHERS],
    ["USER", user.name],
    ["HOME", user.home],
  ]);
  for (const { name, value } of [...container, ...own]) variables.set(name, value);
  return [...variables].map(([name, value]) => `${name}=${value}`);
}
