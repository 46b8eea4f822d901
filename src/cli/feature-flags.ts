import type { Cli } from "./cli.ts";
import { isMissing } from "./cloud-controller.ts";
import { notFound, orNull } from "./errors.ts";

export interface FeatureFlag {
  readonly name: string;
  readonly enabled: boolean;
}

/** Throws `NotFound`. */
export async function featureFlag({ cc }: Cli, name: string): Promise<FeatureFlag> {
  return await known(name, cc.get<FeatureFlag>(pathOf(name)));
}

/** Throws `NotFound`. */
export async function setFeatureFlag({ cc }: Cli, name: string, enabled: boolean): Promise<void> {
  await known(name, cc.patch(pathOf(name), { enabled }));
}

export function enabledText(enabled: boolean): string {
  return enabled ? "enabled" : "disabled";
}

function pathOf(name: string): string {
  return `/v3/feature_flags/${encodeURIComponent(name)}`;
}

async function known<T>(name: string, answer: Promise<T>): Promise<T> {
  const known = await orNull(answer, isMissing);
  if (known === null) throw notFound("Feature flag", name);
  return known;
}
