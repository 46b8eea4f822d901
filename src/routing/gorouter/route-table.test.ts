import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { RouteEndpoint } from "./model.ts";
import { pickEndpoint } from "./pick-endpoint.ts";
import { RouteTable } from "./route-table.ts";

const cases: [routes: string[], host: string, path: string, expected: string | null][] = [
  [["a.test"], "a.test", "/", "a.test"],
  [["a.test"], "b.test", "/", null],
  [["a.test/foo"], "a.test", "/foo", "a.test/foo"],
  [["a.test/foo"], "a.test", "/foo/", "a.test/foo"],
  [["a.test/foo"], "a.test", "/FOO/bar", "a.test/foo"],
  [["a.test/foo"], "a.test", "/foobar", null],
  [["a.test/foo"], "a.test", "/", null],
  [["a.test", "a.test/foo", "a.test/foo/bar"], "a.test", "/foo/bar/baz", "a.test/foo/bar"],
  [["a.test", "a.test/foo", "a.test/foo/bar"], "a.test", "/foo/barbaz", "a.test/foo"],
  [["a.test", "a.test/foo"], "a.test", "/x/foo", "a.test"],
  [["*.test"], "a.test", "/", "*.test"],
  [["*.test"], "a.b.test", "/", "*.test"],
  [["*.test", "*.b.test"], "a.b.test", "/", "*.b.test"],
  [["*.test", "a.test/foo"], "a.test", "/bar", "*.test"],
  [["*.test/foo"], "a.test", "/foo/x", "*.test/foo"],
  [["*.test"], "test", "/", null],
  [["a.test"], "a.test", "", "a.test"],
];
for (const [routes, host, path, expected] of cases) {
  test(`with ${routes.join(", ")}, ${host}${path} goes to ${expected ?? "nobody"}`, () => {
    const table = new RouteTable();
    for (const [at, uri] of routes.entries())
      table.apply({ kind: "put", endpoint: endpoint(`10.0.0.1:${at + 1}`), uris: [uri] });
    const found = table.lookup(host, path)?.endpoints[0]?.data.port;
    assert.equal(found === undefined ? null : routes[found - 1], expected);
  });
}

test("property: the longest registered path at a segment's end wins, as a plain scan finds it", () => {
  const path = fc
    .array(fc.constantFrom("a", "b", "ab", ""), { maxLength: 5 })
    .map((parts) => parts.map((part) => `/${part}`).join(""));
  fc.assert(
    fc.property(fc.uniqueArray(path, { maxLength: 8 }), path, (paths, asked) => {
      const table = new RouteTable();
      const known = new Set(paths.map((one) => `h${one}`.replace(/\/$/, "")));
      for (const uri of known)
        table.apply({ kind: "put", endpoint: { ...endpoint("10.0.0.1:1"), address: uri }, uris: [uri] });
      const wanted = [...known]
        .filter((uri) => `h${asked}` === uri || `h${asked}`.startsWith(`${uri}/`))
        .sort((a, b) => b.length - a.length)[0];
      assert.equal(table.lookup("h", asked)?.endpoints[0]?.data.address, wanted);
    }),
  );
});

test("a path of a hundred thousand segments costs nothing", () => {
  const table = new RouteTable();
  table.apply({ kind: "put", endpoint: endpoint("10.0.0.1:1"), uris: ["a.test/x"] });
  const startedMs = performance.now();
  assert.equal(table.lookup("a.test", "/y".repeat(100_000)), null);
  assert.ok(performance.now() - startedMs < 100);
});

test("turns go round, failed endpoints are passed over until all have failed, full ones always", () => {
  const table = new RouteTable();
  for (const port of [1, 2, 3]) table.apply({ kind: "put", endpoint: endpoint(`10.0.0.1:${port}`), uris: ["a.test"] });
  const pool = table.lookup("a.test", "/")!;
  const pick = (nowMs = 0): number | null => pickEndpoint(pool, 2, nowMs, 0)?.data.port ?? null;
  assert.deepEqual([pick(), pick(), pick(), pick()], [1, 2, 3, 1]);
  pool.endpoints[1]!.failedUntilMs = 30_000;
  assert.deepEqual([pick(), pick(), pick()], [3, 1, 3]);
  assert.deepEqual([pick(30_000), pick(30_000)], [1, 2]);
  for (const one of pool.endpoints) one.failedUntilMs = 60_000;
  assert.notEqual(pick(30_001), null);
  for (const one of pool.endpoints) one.inFlight = 2;
  assert.equal(pick(), null);
});

test("least-connection takes the endpoint with the fewest requests", () => {
  const table = new RouteTable();
  for (const port of [1, 2, 3]) {
    const data = { ...endpoint(`10.0.0.1:${port}`), loadBalancing: "least-connection" as const };
    table.apply({ kind: "put", endpoint: data, uris: ["a.test"] });
  }
  const pool = table.lookup("a.test", "/")!;
  pool.endpoints[0]!.inFlight = 3;
  pool.endpoints[1]!.inFlight = 1;
  pool.endpoints[2]!.inFlight = 2;
  assert.equal(pickEndpoint(pool, 0, 0, 0)?.data.port, 2);
});

test("a snapshot replaces the table but keeps what is known about endpoints that stay", () => {
  const table = new RouteTable();
  table.apply({ kind: "put", endpoint: endpoint("10.0.0.1:1"), uris: ["a.test", "b.test"] });
  table.apply({ kind: "put", endpoint: endpoint("10.0.0.1:2"), uris: ["a.test"] });
  const kept = table.lookup("a.test", "/")!.endpoints[0]!;
  kept.inFlight = 5;
  let closed = 0;
  table.lookup("a.test", "/")!.endpoints[1]!.idle.push({ close: () => closed++ });
  table.replace([{ endpoint: endpoint("10.0.0.1:1"), uris: ["a.test", "c.test"] }]);
  assert.equal(table.lookup("a.test", "/")!.endpoints[0], kept);
  assert.equal(table.lookup("a.test", "/")!.endpoints.length, 1);
  assert.equal(table.lookup("b.test", "/"), null);
  assert.equal(table.lookup("c.test", "/")!.endpoints[0], kept);
  assert.equal(closed, 1, "connections to an endpoint that is gone are closed");
  assert.deepEqual([table.routeCount, table.endpointCount], [2, 1]);
  table.replace([]);
  assert.deepEqual([table.routeCount, table.endpointCount], [0, 0]);
});

function endpoint(address: string): RouteEndpoint {
  const [host, port] = address.split(":");
  return {
    address,
    host: host!,
    port: Number(port),
    tls: false,
    serverCertDomainSan: "",
    appId: "app",
    instanceId: address,
    instanceIndex: "0",
    tags: {},
    routeServiceUrl: "",
    isolationSegment: "",
    availabilityZone: "",
    loadBalancing: "",
    staleAfterMs: 120_000,
    updatedAtNs: 0,
  };
}
