import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import fc from "fast-check";
import { systemClock } from "../../kit/clock-system.ts";
import { jsonLog } from "../../kit/log.ts";
import type { Change } from "../../kit/testing/hostile.ts";
import { CC_ERRORS } from "./error-table.ts";
import { pathOf, tokenOf } from "./testing/asked.ts";
import { CALLS } from "./testing/calls.ts";
import { type Endpoint, readEndpoints, type TableRole } from "./testing/endpoints.ts";
import { hostileChange, hostilePart, hostileQuery, hostileRaw, withChanges } from "./testing/hostile.ts";
import { related, SECRET, type Things, World } from "./testing/world.ts";

// Hostile requests of every kind and role at every endpoint. Whatever they hold: never a 5xx, never a failure in the log, always a
// document of CC's errors, and never a name of the organization that nobody who asks belongs to.

const FULL = process.env["INGOT_TEST_FULL"] === "1";
const ENDPOINTS = readEndpoints();
/** Requests of one run of the property, and after how many the things are made anew: some requests delete them. */
const RUNS = FULL ? 25_000 : 2_500;
const ERA = 400;
/** Part of every name in the organization that nobody may see. */
const MARK = "-xq7hidden";
const SLOW_MS = 5_000;

const ASKERS = [
  "organization_manager",
  "organization_auditor",
  "space_manager",
  "space_developer",
  "space_developer",
  "space_supporter",
  "nobody",
  "admin",
] as const satisfies readonly TableRole[];

interface Request {
  readonly endpoint: Endpoint;
  /** At `ASKERS.length`: without a token. */
  readonly asker: number;
  /** Whose things the path and the body name. */
  readonly whose: "own" | "hidden" | "mixed";
  readonly part: string | null;
  readonly query: string;
  readonly changes: readonly Change[];
  readonly raw: string | null;
}

const anyRequest: fc.Arbitrary<Request> = fc.record({
  endpoint: fc.constantFrom(...ENDPOINTS),
  asker: fc.nat({ max: ASKERS.length }),
  whose: fc.constantFrom("own", "own", "own", "hidden", "mixed"),
  part: fc.option(hostilePart, { freq: 6 }).map((part) => part),
  query: hostileQuery,
  changes: fc.array(hostileChange, { maxLength: 2 }),
  raw: fc.option(hostileRaw, { freq: 10 }),
});

let world: World;
let hidden: Things;
let tokens: (string | null)[] = [];
let asked = 0;
const failures: string[] = [];

before(async () => {
  world = await World.boot({ log: jsonLog((line) => failures.push(line), systemClock(), "error") });
  world.mark = MARK;
  hidden = await world.makeAll();
  world.mark = "";
  await newEra();
});
after(() => world[Symbol.asyncDispose]());

async function newEra(): Promise<void> {
  world.things = await world.makeAll();
  const { organizations, spaces } = world.things as Record<string, string>;
  tokens = [];
  for (const role of ASKERS) tokens.push(await tokenOf(world, role, organizations!, spaces!));
  tokens.push(null);
}

test("property: a hostile request gets an answer of CC's own, and nothing of other tenants", async () => {
  await fc.assert(
    fc.asyncProperty(anyRequest, async (request) => {
      asked++;
      if (asked % ERA === 0) await newEra();
      await askAndCheck(request);
    }),
    { numRuns: RUNS, ...(FULL ? {} : { seed: 1 }), endOnFailure: true },
  );
});

test("nothing failed on the way, in requests or in jobs", () => {
  assert.deepEqual(failures, []);
});

async function askAndCheck(request: Request): Promise<void> {
  const { endpoint, asker } = request;
  const things = { own: world.things, hidden, mixed: { ...hidden, apps: world.things["apps"]! } }[request.whose];
  const path = pathWith(request, things) + request.query;
  const headers: Record<string, string> = { "content-type": "application/json" };
  const token = tokens[asker] ?? null;
  if (token !== null) headers["authorization"] = `bearer ${token}`;
  const body = bodyOf(request, things, headers);
  const startedMs = performance.now();
  const response = await fetch(world.flow.cc.url + path, {
    method: endpoint.method,
    headers,
    ...(body === undefined ? {} : { body }),
    redirect: "manual",
    signal: AbortSignal.timeout(4 * SLOW_MS),
  });
  const text = await response.text();
  const told = `${endpoint.method} ${path.slice(0, 300)} ${body?.slice(0, 300) ?? ""} → ${response.status} ${text.slice(0, 300)}`;
  assert.ok(performance.now() - startedMs < SLOW_MS, `too slow: ${told}`);
  assert.ok(response.status < 500, told);
  if (response.status >= 400) checkErrors(text, told);
  if (ASKERS[asker] !== "admin") {
    assert.ok(!text.includes(MARK), `a name of another tenant: ${told}`);
    if (request.whose === "hidden") assert.ok(!text.includes(SECRET), `a secret of another tenant: ${told}`);
  }
}

function pathWith({ endpoint, part }: Request, things: Things): string {
  const names = endpoint.path.match(/:\w+/g) ?? [];
  if (part === null || names.length === 0) return pathOf(endpoint, things);
  return pathOf({ ...endpoint, path: endpoint.path.replace(names.at(-1)!, () => part) }, things);
}

/** Every key of a manifest. JSON is YAML. */
function manifest(): object {
  const process = {
    type: "worker",
    command: "c",
    instances: 0,
    memory: "64M",
    disk_quota: "1G",
    "log-rate-limit-per-second": "1K",
    "health-check-type": "http",
    "health-check-http-endpoint": "/",
    "health-check-invocation-timeout": 1,
    "health-check-interval": 1,
    "readiness-health-check-type": "port",
    "readiness-health-check-interval": 1,
    timeout: 60,
  };
  return {
    version: 1,
    applications: [
      {
        name: world.name("m"),
        lifecycle: "buildpack",
        buildpacks: ["https://example.com/x.git"],
        stack: "cflinuxfs4",
        env: { A: "b" },
        metadata: { labels: { a: "b" }, annotations: { c: "d" } },
        "no-route": true,
        routes: [{ route: "a.example.com", protocol: "http1", options: { loadbalancing: "least-connection" } }],
        services: ["x", { name: "y", parameters: { z: 1 }, binding_name: "b" }],
        sidecars: [{ name: "s", command: "c", process_types: ["web"], memory: "32M" }],
        processes: [process],
        features: { ssh: true },
        ...process,
        type: undefined,
      },
    ],
  };
}

function bodyOf(request: Request, things: Things, headers: Record<string, string>): string | undefined {
  const { method, path } = request.endpoint;
  if (method === "GET" || (method === "DELETE" && request.raw === null)) return undefined;
  const recipe = CALLS[`${method} ${path}`] ?? {};
  if (recipe.contentType !== undefined) headers["content-type"] = recipe.contentType;
  if (request.raw !== null) return request.raw;
  if (recipe.contentType?.includes("yaml") === true) return JSON.stringify(withChanges(manifest(), request.changes));
  const body = recipe.body?.(things, world) ?? related({ space: things["spaces"]! });
  return typeof body === "string" ? body : JSON.stringify(withChanges(body, request.changes));
}

function checkErrors(text: string, told: string): void {
  let document: { errors?: { code?: unknown; title?: unknown; detail?: unknown }[] };
  try {
    document = JSON.parse(text) as typeof document;
  } catch {
    assert.fail(`no JSON: ${told}`);
  }
  assert.ok(Array.isArray(document.errors) && document.errors.length > 0, told);
  for (const { code, title, detail } of document.errors) {
    const known = CC_ERRORS[String(title).replace(/^CF-/, "") as keyof typeof CC_ERRORS];
    assert.equal(known?.[0], code, told);
    assert.equal(typeof detail, "string", told);
  }
}
