import type { BlobReference } from "../../capi/cloud-controller/index.ts";
import type { ActualLrp } from "../../protocol/lrp.ts";
import type { RouteGroup } from "../../routing/gorouter/index.ts";

/** What does not fit together, and what would put it right; no repair: it mends itself, or a person must look. */
export interface Difference {
  readonly check: "blobs" | "processes" | "routes" | "containers";
  readonly problem: string;
  readonly repair:
    | { readonly kind: "forget-blob"; readonly reference: BlobReference }
    | { readonly kind: "delete-blob"; readonly name: string }
    | { readonly kind: "desire-process"; readonly guid: string }
    | { readonly kind: "remove-lrp"; readonly processGuid: string }
    | { readonly kind: "destroy-container"; readonly handle: string }
    | null;
}

/** What several components say of the same things, read at about one moment. */
export interface Reading {
  readonly blobs: {
    readonly references: readonly BlobReference[];
    readonly owned: ReadonlySet<string>;
    /** Digest by `bucket/key`; null: its content is lost or damaged. */
    readonly names: ReadonlyMap<string, string | null>;
  };
  /** Of the Cloud Controller. */
  readonly processes: readonly { readonly guid: string; readonly version: string }[];
  readonly desired: readonly {
    readonly processGuid: string;
    readonly instances: number;
    readonly routes: Readonly<Record<string, unknown>>;
  }[];
  readonly actual: readonly ActualLrp[];
  readonly routes: readonly RouteGroup[];
  readonly containers: {
    /** Handles that Garden has. */
    readonly garden: readonly string[];
    /** Guids of instances and tasks that the cell knows. */
    readonly known: ReadonlySet<string>;
  };
}

/** Names in these buckets belong to rows; the others are caches. */
const OWNED = /^(packages|droplets|buildpacks)\/(?!upload-)/;
const EMITTER = "route-emitter";

/** Everything that does not fit together. Changes on their way show, too: what counts is what shows twice. */
export function findDifferences(reading: Reading): Difference[] {
  return [
    ...blobDifferences(reading.blobs),
    ...processDifferences(reading),
    ...routeDifferences(reading),
    ...reading.containers.garden
      .filter((handle) => !reading.containers.known.has(handle))
      .map((handle) => ({
        check: "containers" as const,
        problem: `container ${handle} belongs to no instance and no task`,
        repair: { kind: "destroy-container" as const, handle },
      })),
  ];
}

function blobDifferences({ references, owned, names }: Reading["blobs"]): Difference[] {
  const found: Difference[] = [];
  const spoken = new Set<string>();
  for (const reference of references) {
    const name = `${reference.bucket}/${reference.key}`;
    spoken.add(name);
    const sha256 = names.get(name);
    const fault =
      sha256 === undefined
        ? "is missing"
        : sha256 === null
          ? "is lost or damaged"
          : reference.sha256 !== null && reference.sha256 !== sha256
            ? "is another one"
            : null;
    if (fault === null) continue;
    found.push({
      check: "blobs",
      problem: `the blob of ${reference.owner} ${fault}`,
      repair: { kind: "forget-blob", reference },
    });
  }
  for (const [name, sha256] of names) {
    if (spoken.has(name)) continue;
    const stray = OWNED.test(name) && !owned.has(name);
    if (!stray && sha256 !== null) continue;
    const problem = stray ? `blob ${name} belongs to nothing` : `the content of ${name} is lost or damaged`;
    found.push({ check: "blobs", problem, repair: { kind: "delete-blob", name } });
  }
  return found;
}

function processDifferences({ processes, desired }: Reading): Difference[] {
  const wanted = new Map(processes.map(({ guid, version }) => [`${guid}-${version}`, guid]));
  const known = new Set(desired.map(({ processGuid }) => processGuid));
  const missing = [...wanted].filter(([processGuid]) => !known.has(processGuid));
  const extra = [...known].filter((processGuid) => !wanted.has(processGuid));
  return [
    ...missing.map(([, guid]) => ({
      check: "processes" as const,
      problem: `process ${guid} shall run, but Diego does not know it`,
      repair: { kind: "desire-process" as const, guid },
    })),
    ...extra.map((processGuid) => ({
      check: "processes" as const,
      problem: `Diego runs ${processGuid}, which nobody wants`,
      repair: { kind: "remove-lrp" as const, processGuid },
    })),
  ];
}

function routeDifferences({ desired, actual, routes }: Reading): Difference[] {
  const running = new Map<string, ActualLrp>();
  for (const lrp of actual) if (lrp.state === "RUNNING") running.set(lrp.instanceKey?.instanceGuid ?? "", lrp);
  const served = new Set<string>();
  const found: Difference[] = [];
  const difference = (problem: string): void => void found.push({ check: "routes", problem, repair: null });
  for (const { endpoint, uris } of routes) {
    if (endpoint.tags["component"] !== EMITTER) continue;
    for (const uri of uris) served.add(`${endpoint.instanceId} ${uri}`);
    if (!running.has(endpoint.instanceId)) {
      difference(`the router sends ${uris.join(", ")} to ${endpoint.address}, where no instance runs`);
    }
  }
  const routesOf = new Map(desired.map((lrp) => [lrp.processGuid, hostnamesOf(lrp.routes)]));
  for (const [instanceGuid, { key, routable }] of running) {
    if (!routable) continue;
    for (const hostname of routesOf.get(key.processGuid) ?? []) {
      if (served.has(`${instanceGuid} ${hostname}`)) continue;
      difference(`the router does not know instance ${key.index} of ${key.processGuid} at ${hostname}`);
    }
  }
  return found;
}

/** route-emitter: cfroutes; in the router's spelling. */
function hostnamesOf(routes: Readonly<Record<string, unknown>>): string[] {
  const value = routes["cf-router"];
  if (!Array.isArray(value)) return [];
  return value
    .flatMap((one) => (one as { hostnames?: unknown } | null)?.hostnames ?? [])
    .map((hostname) => String(hostname).toLowerCase().replace(/\/+$/, ""));
}
