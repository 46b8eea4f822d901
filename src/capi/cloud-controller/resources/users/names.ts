import type { UaaUser } from "../../../../identity/uaa/client.ts";
import type { CcApi } from "../../api/api.ts";
import { CcError, unprocessable } from "../../errors.ts";

const UAA_TIMEOUT_MS = 10_000;
/** Ids of one question to the UAA. */
const BATCH = 500;

/** Names and origins by guid; users that the UAA does not know are left out. Throws UaaUnavailable. */
export async function uaaUsers(
  api: CcApi,
  guids: readonly string[],
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, UaaUser>> {
  const found = new Map<string, UaaUser>();
  const unique = [...new Set(guids)];
  for (let start = 0; start < unique.length; start += BATCH) {
    const users = await ask(() =>
      api.deps.uaa.usersById(unique.slice(start, start + BATCH), api.deps.clock.deadline(UAA_TIMEOUT_MS, signal)),
    );
    for (const user of users) found.set(user.id, user);
  }
  return found;
}

/** Users of these names, of any origin or of the given one. Throws UaaUnavailable. */
export async function uaaUsersByName(
  api: CcApi,
  userNames: readonly string[],
  origin: string | null,
  signal?: AbortSignal,
): Promise<readonly UaaUser[]> {
  const found: UaaUser[] = [];
  const unique = [...new Set(userNames.map((name) => name.toLowerCase()))];
  for (let start = 0; start < unique.length; start += BATCH) {
    const names = unique.slice(start, start + BATCH);
    const deadline = api.deps.clock.deadline(UAA_TIMEOUT_MS, signal);
    found.push(...(await ask(() => api.deps.uaa.usersByName(names, origin, deadline))));
  }
  return found;
}

/**
 * The account of this name and origin, made when there is none: its owner signs in there later. Throws UaaUnavailable, and
 * UnprocessableEntity when there can be no such account. CC: User.create_uaa_shadow_user
 */
export async function ensureUaaUser(api: CcApi, userName: string, origin: string): Promise<UaaUser> {
  const deadline = api.deps.clock.deadline(UAA_TIMEOUT_MS);
  const user = await ask(() => api.deps.uaa.ensureShadowUser(userName, origin, deadline));
  if ("refused" in user) throw unprocessable(user.refused);
  return user;
}

async function ask<T>(question: () => Promise<T>): Promise<T> {
  try {
    return await question();
  } catch (error) {
    throw new CcError("UaaUnavailable", [], { cause: error });
  }
}
