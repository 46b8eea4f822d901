/** What a revision keeps of an app. */
export interface RevisionContent {
  readonly dropletGuid: string | null;
  readonly environment: Readonly<Record<string, unknown>>;
  /** By process type; null: the droplet's own. */
  readonly commands: Readonly<Record<string, string | null>>;
  readonly sidecars: readonly RevisionSidecar[];
}

export interface RevisionSidecar {
  readonly name: string;
  readonly command: string;
  readonly memory_in_mb: number | null;
  readonly process_types: readonly string[];
}

/** Why a new revision is due, in CC's words and order; empty when nothing changed. CC: actions/revision_resolver.rb */
export function revisionReasons(before: RevisionContent, after: RevisionContent): string[] {
  const reasons: string[] = [];
  if (before.dropletGuid !== after.dropletGuid) reasons.push("New droplet deployed.");
  if (!same(before.environment, after.environment)) reasons.push("New environment variables deployed.");
  reasons.push(...commandReasons(before.commands, after.commands));
  if (!same(sortedSidecars(before.sidecars), sortedSidecars(after.sidecars))) reasons.push("Sidecars updated.");
  return reasons.sort();
}

function commandReasons(before: RevisionContent["commands"], after: RevisionContent["commands"]): string[] {
  const types = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return types.flatMap((type) => {
    if (!Object.hasOwn(before, type)) return [`New process type '${type}' added.`];
    if (!Object.hasOwn(after, type)) return [`Process type '${type}' removed.`];
    const [was, is] = [before[type] ?? null, after[type] ?? null];
    if (was === is) return [];
    const change = was === null ? "added" : is === null ? "removed" : "updated";
    return [`Custom start command ${change} for '${type}' process.`];
  });
}

function sortedSidecars(sidecars: readonly RevisionSidecar[]): RevisionSidecar[] {
  return sidecars
    .map(({ name, command, memory_in_mb, process_types }) => ({
      name,
      command,
      memory_in_mb,
      process_types: [...process_types].sort(),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Equal as JSON, whatever the order of keys. */
function same(a: unknown, b: unknown): boolean {
  return canonical(a) === canonical(b);
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
