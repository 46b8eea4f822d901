import type { Cli } from "./cli.ts";

/** Whether a space of the targeted org allows SSH. Throws `NotFound` for the space. */
export async function spaceSsh(cli: Cli, name: string): Promise<{ readonly guid: string; readonly enabled: boolean }> {
  const { guid } = await cli.spaceByName(name, cli.org.guid);
  return { guid, ...(await cli.cc.get<{ enabled: boolean }>(`/v3/spaces/${guid}/features/ssh`)) };
}

/** False when it was so already. */
export async function setSpaceSsh(cli: Cli, name: string, enabled: boolean): Promise<boolean> {
  const before = await spaceSsh(cli, name);
  if (before.enabled === enabled) return false;
  await cli.cc.patch(`/v3/spaces/${before.guid}/features/ssh`, { enabled });
  return true;
}
