import { byteSizeFault, logRate, megabytes, shownBytes } from "./byte-size.ts";
import { isObject } from "./manifest-yaml.ts";

/** One step of a JSON patch; `was` is what stood there. */
export interface DiffStep {
  readonly op: "add" | "remove" | "replace";
  readonly path: string;
  readonly was?: unknown;
  readonly value?: unknown;
}

type Bag = Readonly<Record<string, unknown>>;

/** What names an element of a list. */
const IDENTIFIERS: Readonly<Record<string, string>> = { processes: "type", routes: "route", sidecars: "name" };
const KNOWN = new Set(
  `buildpack buildpacks command disk_quota disk-quota log-rate-limit-per-second docker env health-check-http-endpoint health-check-invocation-timeout
  health-check-interval health-check-timeout health-check-type readiness-health-check-http-endpoint readiness-health-check-type
  readiness-health-check-invocation-timeout readiness-health-check-interval instances metadata memory lifecycle name no-route processes
  random-route default-route routes services sidecars stack timeout cnb-credentials features`.split(/\s+/),
);
const SIZES = ["memory", "disk-quota", "disk_quota"];

/**
 * What applying a manifest would change. `existing` is the app's own manifest (see `present.ts`), null for a new app. What the manifest
 * does not say is not a difference. CC: actions/space_diff_manifest.rb
 */
export function manifestDiff(index: number, wanted: Bag, existing: Bag | null): DiffStep[] {
  const web = listOf(existing?.["processes"]).find((process) => process["type"] === "web");
  const before: Bag = { ...existing, ...web, ...("disk-quota" in wanted ? { "disk-quota": web?.["disk_quota"] } : {}) };
  const steps: DiffStep[] = [];
  for (const [key, raw] of Object.entries(withUnits(wanted))) {
    if (!KNOWN.has(key)) continue;
    const value = filtered(key, raw);
    const was = before[key];
    const identifier = IDENTIFIERS[key];
    const nested = identifier !== undefined && was !== undefined;
    // Kept as CC has it: a size that the app does not show by itself is no difference.
    if (!nested && SIZES.includes(key)) continue;
    const pruned =
      nested && Array.isArray(value)
        ? prune(was, value as Bag[], identifier)
        : key === "features" && isObject(was) && isObject(value)
          ? pick(was, Object.keys(value))
          : was;
    steps.push(...diff(pruned, value, `/applications/${index}/${key}`));
  }
  return steps;
}

/** Only elements and fields that the manifest names. */
function prune(was: unknown, wanted: readonly Bag[], identifier: string): Bag[] {
  return listOf(was).flatMap((element) => {
    const named = wanted.find((one) => one[identifier] === element[identifier]);
    return named === undefined
      ? []
      : [
          pick(
            element,
            Object.keys(named).filter((key) => named[key] !== null),
          ),
        ];
  });
}

function pick(bag: Bag, keys: readonly string[]): Bag {
  return Object.fromEntries(Object.entries(bag).filter(([key]) => keys.includes(key)));
}

function listOf(value: unknown): Bag[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

const FIELDS: Readonly<Record<string, readonly string[]>> = {
  sidecars: ["name", "command", "process_types", "memory"],
  services: ["name", "parameters"],
  metadata: ["labels", "annotations"],
};

function filtered(key: string, value: unknown): unknown {
  const fields = FIELDS[key];
  if (key === "processes" && Array.isArray(value)) return value.map((one) => (isObject(one) ? withUnits(one) : one));
  if (fields === undefined) return value;
  if (Array.isArray(value)) return value.map((one) => (isObject(one) ? withUnits(pick(one, fields)) : one));
  return isObject(value) ? pick(value, fields) : value;
}

/** Sizes as the app's own manifest writes them. */
function withUnits(bag: Bag): Bag {
  return Object.fromEntries(
    Object.entries(bag).map(([key, value]) => {
      if (value === null || value === undefined) return [key, value];
      if (SIZES.includes(key)) return [key, byteSizeFault(value, key) ?? `${megabytes(value)}M`];
      if (key !== "log-rate-limit-per-second") return [key, value];
      const fault = byteSizeFault(value, key, true);
      const rate = logRate(value);
      return [key, fault ?? (rate === undefined || rate <= 0 ? String(rate) : shownBytes(rate))];
    }),
  );
}

function diff(was: unknown, value: unknown, path: string): DiffStep[] {
  if (same(was, value)) return [];
  if (was === undefined || was === null) return [{ op: "add", path, value }];
  if (isObject(was) && isObject(value)) return diffObjects(was, value, path);
  if (Array.isArray(was) && Array.isArray(value)) return diffLists(was, value, path);
  return [{ op: "replace", path, was, value }];
}

function diffObjects(was: Bag, value: Bag, path: string): DiffStep[] {
  const at = (key: string): string => `${path}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`;
  return [
    ...Object.keys(was)
      .filter((key) => !(key in value))
      .map((key): DiffStep => ({ op: "remove", path: at(key), was: was[key] })),
    ...Object.keys(value).flatMap((key) => diff(was[key], value[key], at(key))),
  ];
}

/** Elements are the same when their names are, or when they are equal. Removals first, from the end, so that paths stay right. */
function diffLists(was: readonly unknown[], value: readonly unknown[], path: string): DiffStep[] {
  const steps: DiffStep[] = [];
  const kept = was.filter((element) => value.some((one) => isSameElement(element, one)));
  for (const [at, element] of [...was.entries()].reverse()) {
    if (!kept.includes(element)) steps.push({ op: "remove", path: `${path}/${at}`, was: element });
  }
  for (const [at, element] of value.entries()) {
    const before = kept.find((one) => isSameElement(one, element));
    if (before === undefined) steps.push({ op: "add", path: `${path}/${at}`, value: element });
    else steps.push(...diff(before, element, `${path}/${at}`));
  }
  return steps;
}

function isSameElement(a: unknown, b: unknown): boolean {
  if (!isObject(a) || !isObject(b)) return same(a, b);
  const identifier = ["type", "name", "route"].find((key) => key in a && key in b);
  return identifier === undefined ? same(a, b) : a[identifier] === b[identifier];
}

function same(a: unknown, b: unknown): boolean {
  if (isObject(a) && isObject(b)) {
    const keys = Object.keys(a);
    return keys.length === Object.keys(b).length && keys.every((key) => key in b && same(a[key], b[key]));
  }
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((one, at) => same(one, b[at]));
  return a === b;
}
