import assert from "node:assert/strict";
import { test } from "node:test";
import type { RouteChange, RouteEndpoint } from "./model.ts";
import { InvalidRouteError, readRouteMessage } from "./route-message.ts";
import { RouteRegistry } from "./route-registry.ts";
import { RouteTable } from "./route-table.ts";

test("a registration is told once; saying it again changes nothing", () => {
  const registry = new RouteRegistry();
  const group = { endpoint: endpoint("10.0.0.1:80", "i1"), uris: ["a.test", "b.test"] };
  assert.deepEqual(registry.register(group, 0), [{ kind: "put", ...group }]);
  assert.deepEqual(registry.register(group, 10_000), []);
  assert.deepEqual(registry.register({ ...group, uris: ["b.test", "c.test"] }, 20_000), [
    { kind: "put", endpoint: group.endpoint, uris: ["c.test"] },
  ]);
});

test("changed tags are told for all routes of the endpoint", () => {
  const registry = new RouteRegistry();
  registry.register({ endpoint: endpoint("10.0.0.1:80", "i1"), uris: ["a.test", "b.test"] }, 0);
  const renamed = { ...endpoint("10.0.0.1:80", "i1"), tags: { app_name: "new" } };
  assert.deepEqual(registry.register({ endpoint: renamed, uris: ["a.test"] }, 1), [
    { kind: "put", endpoint: renamed, uris: ["a.test", "b.test"] },
  ]);
});

test("routes of one address keep a balancing and a route service of their own, and saying them again changes nothing", () => {
  const registry = new RouteRegistry();
  const plain = endpoint("10.0.0.1:80", "i1");
  const least = { ...plain, loadBalancing: "least-connection" as const };
  const guarded = { ...plain, routeServiceUrl: "https://guard.test" };
  const said = [
    { endpoint: plain, uris: ["plain.test"] },
    { endpoint: least, uris: ["least.test"] },
    { endpoint: guarded, uris: ["guarded.test"] },
  ];
  for (const group of said) assert.deepEqual(registry.register(group, 0), [{ kind: "put", ...group }]);
  for (const group of said) assert.deepEqual(registry.register(group, 1), []);
  assert.deepEqual([...registry.groups()], said);
  const table = new RouteTable();
  table.replace([...registry.groups()]);
  assert.deepEqual([...table.groups()], said, "what a worker tells the next main");
  const pool = (host: string) => {
    const { loadBalancing, routeServiceUrl } = table.lookup(host, "/")!;
    return [loadBalancing, routeServiceUrl];
  };
  assert.deepEqual(pool("plain.test"), ["", ""]);
  assert.deepEqual(pool("least.test"), ["least-connection", ""]);
  assert.deepEqual(pool("guarded.test"), ["", "https://guard.test"]);
  const retagged = { ...least, tags: { app_name: "new" } };
  assert.deepEqual(
    registry.register({ endpoint: retagged, uris: ["least.test"] }, 2).map((change) => change.uris),
    [["plain.test"], ["least.test"], ["guarded.test"]],
  );
  const back = { endpoint: { ...retagged, loadBalancing: "" as const }, uris: ["least.test"] };
  for (const change of registry.register(back, 3)) table.apply(change);
  assert.deepEqual(pool("least.test"), ["", ""], "the option was taken away");
});

test("an address that another instance takes over loses every route of its former owner", () => {
  const registry = new RouteRegistry();
  registry.register({ endpoint: endpoint("10.0.0.1:80", "old", "app-1"), uris: ["one.test", "www.one.test"] }, 0);
  const taken = { endpoint: endpoint("10.0.0.1:80", "new", "app-2"), uris: ["two.test"] };
  assert.deepEqual(registry.register(taken, 1), [
    { kind: "remove", address: "10.0.0.1:80", uris: ["one.test", "www.one.test"] },
    { kind: "put", ...taken },
  ]);
  const late = { endpoint: endpoint("10.0.0.1:80", "old", "app-1"), uris: ["two.test"] };
  assert.deepEqual(registry.unregister(late), [], "the late good-bye of the old owner");
});

test("an older word about an address never replaces a newer one", () => {
  const registry = new RouteRegistry();
  const at = (instanceId: string, updatedAtNs: number) => ({ ...endpoint("10.0.0.1:80", instanceId), updatedAtNs });
  registry.register({ endpoint: at("new", 2_000), uris: ["a.test"] }, 0);
  assert.deepEqual(registry.register({ endpoint: at("old", 1_000), uris: ["b.test"] }, 1), []);
});

test("a platform component that comes back elsewhere leaves its old address at once; an app's instances stay", () => {
  const registry = new RouteRegistry();
  registry.register({ endpoint: endpoint("127.0.0.1:1", "api", ""), uris: ["api.test"] }, 0);
  const moved = { endpoint: endpoint("127.0.0.1:2", "api", ""), uris: ["api.test"] };
  assert.deepEqual(registry.register(moved, 1), [
    { kind: "remove", address: "127.0.0.1:1", uris: ["api.test"] },
    { kind: "put", ...moved },
  ]);
  registry.register({ endpoint: endpoint("127.0.0.1:3", "i1", "app"), uris: ["app.test"] }, 1);
  assert.equal(registry.register({ endpoint: endpoint("127.0.0.1:4", "i1", "app"), uris: ["app.test"] }, 1).length, 1);
});

test("what is not renewed in time is pruned, route by route; TLS endpoints stay", () => {
  const registry = new RouteRegistry();
  const plain = endpoint("10.0.0.1:80", "i1");
  registry.register({ endpoint: plain, uris: ["a.test", "b.test"] }, 0);
  registry.register({ endpoint: { ...endpoint("10.0.0.2:80", "i2"), tls: true }, uris: ["a.test"] }, 0);
  registry.register({ endpoint: plain, uris: ["b.test"] }, 100_000);
  assert.deepEqual(registry.prune(120_000), []);
  assert.deepEqual(registry.prune(120_001), [{ kind: "remove", address: "10.0.0.1:80", uris: ["a.test"] }]);
  assert.equal(registry.endpointCount, 2);
  registry.prune(300_000);
  assert.deepEqual(
    [...registry.groups()].map((group) => group.endpoint.address),
    ["10.0.0.2:80"],
  );
});

test("what an earlier main knew is dropped once its owner has spoken without saying it, route by route", () => {
  const registry = new RouteRegistry();
  const [said, silent] = [endpoint("10.0.0.1:80", "i1"), { ...endpoint("10.0.0.2:80", "i2"), tls: true }];
  const foreign = { ...endpoint("10.0.0.3:80", "i3"), tags: { component: "tcp" } };
  registry.inherit({ endpoint: said, uris: ["a.test", "old.test"] }, 0);
  registry.inherit({ endpoint: silent, uris: ["a.test"] }, 0);
  registry.inherit({ endpoint: foreign, uris: ["tcp.test"] }, 0);
  registry.register({ endpoint: said, uris: ["a.test"] }, 1);
  registry.register({ endpoint: endpoint("10.0.0.4:80", "i4"), uris: ["new.test"] }, 1);
  const hasSpoken = ({ tags }: RouteEndpoint): boolean => tags["component"] !== "tcp";
  assert.deepEqual(registry.dropInherited(hasSpoken), [
    { kind: "remove", address: "10.0.0.1:80", uris: ["old.test"] },
    { kind: "remove", address: "10.0.0.2:80", uris: ["a.test"] },
  ]);
  assert.deepEqual(registry.dropInherited(hasSpoken), []);
  assert.deepEqual(
    [...registry.groups()].flatMap(({ uris }) => uris),
    ["a.test", "tcp.test", "new.test"],
  );
});

test("the worker's table, fed with the changes, holds what the registry holds", () => {
  const registry = new RouteRegistry();
  const table = new RouteTable();
  const feed = (changes: RouteChange[]): void =>
    changes.forEach((change) => {
      table.apply(change);
    });
  for (let n = 0; n < 200; n++) {
    const group = {
      endpoint: endpoint(`10.0.0.${n % 7}:80`, `i${n % 11}`),
      uris: [`h${n % 5}.test`, `h${n % 3}.test/p`],
    };
    feed(n % 4 === 3 ? registry.unregister(group) : registry.register(group, n * 1_000));
    if (n % 50 === 49) feed(registry.prune(n * 1_000 + 100_000));
    assert.deepEqual(flat(table.groups()), flat(registry.groups()));
  }
});

test("messages are read as the real router reads them", () => {
  const read = (message: object) => readRouteMessage(Buffer.from(JSON.stringify(message)), 120_000);
  const { endpoint: one, uris } = read({
    host: "10.0.0.1",
    port: 61001,
    tls_port: 61002,
    uris: ["App.Example.COM/Path/?q=1", "", "/nohost", "app.example.com/path"],
    app: "app-guid",
    private_instance_id: "i1",
    private_instance_index: "0",
    tags: { process_id: "p1", number: 7 },
    stale_threshold_in_seconds: 30,
    options: { loadbalancing: "least-connection" },
  });
  assert.deepEqual(uris, ["app.example.com/path"]);
  assert.equal(one.address, "10.0.0.1:61002");
  assert.equal(one.tls, true);
  assert.equal(one.staleAfterMs, 30_000);
  assert.equal(one.loadBalancing, "least-connection");
  assert.deepEqual(one.tags, { process_id: "p1" });
  assert.equal(read({ host: "/run/api.sock", port: 0, uris: ["a.test"] }).endpoint.address, "/run/api.sock");
  const bad: object[] = [
    { port: 1, uris: ["a"] },
    { host: "h", port: 0, uris: ["a"] },
    { host: "h", port: 70_000, uris: ["a"] },
    { host: "h", port: 1 },
    { host: "h", port: 1, uris: [] },
    { host: "h", port: 1, uris: ["a"], route_service_url: "http://insecure" },
    { host: "h", port: 1, uris: ["a"], app: "x\r\nEvil: 1" },
    { host: "h\r\n", port: 1, uris: ["a"] },
  ];
  for (const message of bad) assert.throws(() => read(message), InvalidRouteError, JSON.stringify(message));
  assert.throws(() => readRouteMessage(Buffer.from("{"), 1), InvalidRouteError);
});

function endpoint(address: string, instanceId: string, appId = "app"): RouteEndpoint {
  const [host, port] = address.split(":");
  return {
    address,
    host: host!,
    port: Number(port),
    tls: false,
    serverCertDomainSan: "",
    appId,
    instanceId,
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

function flat(groups: Iterable<{ endpoint: RouteEndpoint; uris: readonly string[] }>): string[] {
  return [...groups]
    .flatMap(({ endpoint: { address, instanceId }, uris }) => uris.map((uri) => `${uri} ${address} ${instanceId}`))
    .sort();
}
