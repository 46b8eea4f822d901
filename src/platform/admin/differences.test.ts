import assert from "node:assert/strict";
import { test } from "node:test";
import type { ActualLrp } from "../../protocol/lrp.ts";
import type { RouteGroup } from "../../routing/gorouter/index.ts";
import { findDifferences, type Reading } from "./differences.ts";

const SHA = "a".repeat(64);
const droplet = { bucket: "droplets", key: "d1", sha256: SHA, owner: "droplet d1" } as const;

const actual = (instanceGuid: string): ActualLrp =>
  ({
    key: { processGuid: "p1-v1", index: 0, domain: "cf-apps" },
    instanceKey: { instanceGuid, cellId: "cell" },
    state: "RUNNING",
    routable: true,
  }) as ActualLrp;

const route = (instanceId: string, ...uris: string[]): RouteGroup => {
  const endpoint = { instanceId, address: "10.0.0.1:8080", tags: { component: "route-emitter" } };
  return { endpoint: endpoint as unknown as RouteGroup["endpoint"], uris };
};

/** One app with one instance, all as it should be. */
const sound: Reading = {
  blobs: {
    references: [droplet],
    owned: new Set(["droplets/d1", "packages/half"]),
    names: new Map<string, string | null>([
      ["droplets/d1", SHA],
      ["packages/half", SHA],
      ["packages/upload-x", SHA],
      ["resources/r", SHA],
    ]),
  },
  processes: [{ guid: "p1", version: "v1" }],
  desired: [
    { processGuid: "p1-v1", instances: 1, routes: { "cf-router": [{ hostnames: ["Hello.test/"], port: 8080 }] } },
  ],
  actual: [actual("i1")],
  routes: [route("i1", "hello.test"), { ...route("", "api.test"), endpoint: { tags: {} } } as unknown as RouteGroup],
  containers: { garden: ["i1", "t1"], known: new Set(["i1", "t1"]) },
};

const problems = (reading: Partial<Reading>): string[] =>
  findDifferences({ ...sound, ...reading }).map(({ problem }) => problem);

test("what fits together gives nothing", () => {
  assert.deepEqual(findDifferences(sound), []);
});

test("blobs that are missing, lost, other ones or nobody's are found", () => {
  const names = (changes: readonly (readonly [string, string | null])[]): Partial<Reading> => ({
    blobs: { ...sound.blobs, names: new Map([...sound.blobs.names, ...changes]) },
  });
  assert.deepEqual(problems({ blobs: { ...sound.blobs, names: new Map() } }), ["the blob of droplet d1 is missing"]);
  assert.deepEqual(problems(names([["droplets/d1", null]])), ["the blob of droplet d1 is lost or damaged"]);
  assert.deepEqual(problems(names([["droplets/d1", "b".repeat(64)]])), ["the blob of droplet d1 is another one"]);
  assert.deepEqual(problems(names([["droplets/d2", SHA]])), ["blob droplets/d2 belongs to nothing"]);
  assert.deepEqual(problems(names([["resources/r", null]])), ["the content of resources/r is lost or damaged"]);
  const [found] = findDifferences({ ...sound, ...names([["droplets/d1", null]]) });
  assert.deepEqual(found?.repair, { kind: "forget-blob", reference: droplet });
});

test("processes that Diego lacks, and LRPs that nobody wants, are found", () => {
  assert.deepEqual(problems({ desired: [], actual: [], routes: [] }), [
    "process p1 shall run, but Diego does not know it",
  ]);
  assert.deepEqual(problems({ processes: [] }), ["Diego runs p1-v1, which nobody wants"]);
});

test("routes to where nothing runs, and instances without their routes, are found", () => {
  assert.deepEqual(problems({ routes: [] }), ["the router does not know instance 0 of p1-v1 at hello.test"]);
  assert.deepEqual(problems({ routes: [...sound.routes, route("i2", "old.test")] }), [
    "the router sends old.test to 10.0.0.1:8080, where no instance runs",
  ]);
});

test("containers of nobody are found", () => {
  assert.deepEqual(problems({ containers: { garden: ["i1", "x"], known: new Set(["i1"]) } }), [
    "container x belongs to no instance and no task",
  ]);
});
