import type { ProviderContext } from "./context.ts";
import type { Group } from "./model.ts";

/** A group without members; not stored. */
export function freshGroup(
  { clock, random }: Pick<ProviderContext, "clock" | "random">,
  displayName: string,
  description: string | null = null,
): Group {
  const nowMs = clock.nowMs();
  return { id: random.guid(), displayName, description, version: 0, createdMs: nowMs, lastModifiedMs: nowMs };
}

/** Makes those of the groups that are not there yet. */
export async function ensureGroups(
  context: Pick<ProviderContext, "groups" | "clock" | "random">,
  names: readonly string[],
): Promise<void> {
  const { groups } = context;
  const known = new Set((await groups.findByNames(names)).map(({ displayName }) => displayName.toLowerCase()));
  const missing = names.filter((name) => !known.has(name.toLowerCase()));
  await groups.ensure(missing.map((name) => freshGroup(context, name)));
}
