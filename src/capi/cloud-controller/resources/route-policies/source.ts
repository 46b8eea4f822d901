/** Who may call a route, as a policy names it. CC: RoutePolicy::SOURCE_REGEX */
export const SOURCE = /^(cf:(app|space|org):[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|cf:any)$/;

export interface PolicySource {
  readonly source_type: "app" | "space" | "org" | "any";
  /** "" for `any`. */
  readonly source_guid: string;
}

/** `cf:space:GUID` in its parts; the text has been checked. */
export function parseSource(source: string): PolicySource {
  const [, type, guid = ""] = source.split(":");
  return { source_type: type as PolicySource["source_type"], source_guid: guid };
}

export function sourceText({ source_type: type, source_guid: guid }: PolicySource): string {
  return guid === "" ? "cf:any" : `cf:${type}:${guid}`;
}

/** Why a policy cannot stand beside the ones that the route has; null when it can. `cf:any` stands alone. */
export function conflictText(wanted: PolicySource, existing: readonly PolicySource[]): string | null {
  if (existing.some((other) => sourceText(other) === sourceText(wanted))) {
    return `A route policy with source '${sourceText(wanted)}' already exists for this route.`;
  }
  if (existing.length === 0) return null;
  if (wanted.source_type === "any") return "source 'cf:any' cannot coexist with other route policies on the same route";
  if (!existing.some((other) => other.source_type === "any")) return null;
  return "source cannot coexist with the existing 'cf:any' policy on this route";
}
