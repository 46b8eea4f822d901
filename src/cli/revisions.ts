import type { Input } from "./args.ts";
import type { Cli } from "./cli.ts";
import { CliError, UsageError } from "./errors.ts";

export interface Revision {
  readonly guid: string;
  readonly version: number;
  readonly description: string;
  readonly deployable: boolean;
  readonly droplet: { readonly guid: string };
  readonly created_at: string;
  readonly metadata: {
    readonly labels: Readonly<Record<string, string | null>>;
    readonly annotations: Readonly<Record<string, string | null>>;
  };
  readonly links: Readonly<Record<string, { readonly href: string }>>;
}

/** The number that `--version` gives; undefined without it. Throws `UsageError`. cli: command/flag/revision.go */
export function revisionFlag(input: Input): number | undefined {
  const text = input.text("version") ?? "";
  if (text === "") return undefined;
  if (/^\d+$/.test(text) && Number(text) > 0) return Number(text);
  throw new UsageError("Incorrect Usage: invalid argument for flag '--revision' (expected int > 0)");
}

/** Throws `CliError` unless there is exactly one. */
export async function revisionByVersion({ cc }: Cli, appGuid: string, version: number): Promise<Revision> {
  const { resources } = await cc.list<Revision>(`/v3/apps/${appGuid}/revisions`, { versions: version });
  const [revision, other] = resources;
  if (other !== undefined) throw new CliError(`More than one revision '${version}' found`);
  if (revision === undefined) throw new CliError(`Revision '${version}' not found`);
  return revision;
}

/** Those whose instances run; several while a deployment is under way. */
export async function deployedRevisions({ cc }: Cli, appGuid: string): Promise<Revision[]> {
  return (await cc.list<Revision>(`/v3/apps/${appGuid}/revisions/deployed`)).resources;
}
