import type { ActualLrp, MetricTags } from "../../protocol/lrp.ts";

/** Key of a desired LRP's routes. Diego: routing-info/internalroutes */
const INTERNAL_ROUTER = "internal-router";

/** Host names of the internal routes that a desired LRP asks for; none when the value is malformed. */
export function internalRoutesOf(routes: Readonly<Record<string, unknown>>): { readonly hostname: string }[] {
  const value = routes[INTERNAL_ROUTER];
  if (!Array.isArray(value)) return [];
  const found: { readonly hostname: string }[] = [];
  for (const item of value as readonly unknown[]) {
    const hostname = (item as { readonly hostname?: unknown } | null)?.hostname;
    if (typeof hostname === "string" && hostname !== "") found.push({ hostname });
  }
  return found;
}

export function sameInternalRoutes(
  a: readonly { readonly hostname: string }[],
  b: readonly { readonly hostname: string }[],
): boolean {
  if (a.length !== b.length) return false;
  const names = new Set(a.map((route) => route.hostname));
  return b.every((route) => names.has(route.hostname));
}

/** The tags of one instance. Diego: bbs/models/metric_tags.go, ConvertMetricTags */
export function metricTagsOf(tags: MetricTags, lrp: ActualLrp): Record<string, string> {
  const converted: Record<string, string> = {};
  for (const [name, tag] of Object.entries(tags)) {
    if (tag.kind === "static") converted[name] = tag.value;
    else converted[name] = tag.value === "INDEX" ? String(lrp.key.index) : (lrp.instanceKey?.instanceGuid ?? "");
  }
  return converted;
}
