import type { Cli } from "./cli.ts";
import { CliError, NotFound } from "./errors.ts";
import type { Resource } from "./resources.ts";

export interface Buildpack extends Resource {
  readonly position: number;
  readonly stack: string | null;
  readonly enabled: boolean;
  readonly locked: boolean;
  readonly state: string;
  readonly filename: string | null;
  readonly lifecycle?: string;
}

/** A buildpack's name, and which one of several of that name; empty: any. */
export interface BuildpackName {
  readonly name: string;
  readonly stack: string;
  readonly lifecycle: string;
}

export const PATH_TIP =
  "When using the 'buildpack' lifecycle type, Path should be a zip file, a url to a zip file, or a local directory. When using the 'cnb' lifecycle, Path should be a cnb file or gzipped oci image. Position is a positive integer, sets priority, and is sorted from lowest to highest.";

/**
 * Of several the one without a stack. Throws `NotFound`, and a `CliError` when it is not clear which one is meant.
 * cli: actor/v7action/buildpack.go
 */
export async function buildpackByName<T extends Buildpack>(cli: Cli, wanted: BuildpackName): Promise<T> {
  const { resources } = await cli.cc.list<T>("/v3/buildpacks", {
    names: [wanted.name],
    ...(wanted.stack === "" ? {} : { stacks: [wanted.stack] }),
    ...(wanted.lifecycle === "" ? {} : { lifecycle: wanted.lifecycle }),
  });
  const [first, another] = resources;
  if (first === undefined) throw new NotFound(`Buildpack '${wanted.name}'${whichText(wanted, inQuotes)} not found`);
  if (another === undefined) return first;
  const plain = resources.find(({ stack }) => stack === null || stack === "");
  if (plain !== undefined) return plain;
  throw new CliError(
    `Multiple buildpacks named ${wanted.name} found. Specify a stack name by using a '-s' flag and/or lifecycle using a '-l' flag.`,
  );
}

/** ` with stack S with lifecycle L`, as far as they are given, each as `shown`. */
export function whichText({ stack, lifecycle }: BuildpackName, shown = (value: string): string => value): string {
  const withStack = stack === "" ? "" : ` with stack ${shown(stack)}`;
  return `${withStack}${lifecycle === "" ? "" : ` with lifecycle ${shown(lifecycle)}`}`;
}

export function inQuotes(value: string): string {
  return `'${value}'`;
}
