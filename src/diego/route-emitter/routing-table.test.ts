import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { ActualLrp, LrpEvent } from "../../protocol/lrp.ts";
import type { RoutedLrp } from "./registrations.ts";
import { type BbsReading, type RouteChanges, RoutingTable } from "./routing-table.ts";

function desiredLrp(more: Partial<RoutedLrp> & { readonly index?: number } = {}): RoutedLrp {
  const { index = 1, ...rest } = more;
  return {
    processGuid: "p",
    domain: "cf-apps",
    instances: 2,
    routes: { "cf-router": [{ hostnames: ["a.apps.test"], port: 8080 }] },
    logGuid: "app-1",
    metricTags: { app_name: { kind: "static", value: "web" }, instance_id: { kind: "dynamic", value: "INDEX" } },
    modificationTag: { epoch: "d", index },
    ...rest,
  };
}

function actualLrp(index: number, more: Partial<ActualLrp> = {}): ActualLrp {
  return {
    key: { processGuid: "p", index, domain: "cf-apps" },
    instanceKey: { instanceGuid: `i-${index}`, cellId: "cell-1" },
    netInfo: {
      address: "192.0.2.7",
      ports: [{ containerPort: 8080, hostPort: 61001 + index }],
      instanceAddress: `10.254.0.${index + 2}`,
      preferredAddress: "INSTANCE",
    },
    crashCount: 0,
    crashReason: "",
    state: "RUNNING",
    placementError: "",
    sinceNs: 1_000n,
    modificationTag: { epoch: `e-${index}`, index: 2 },
    presence: "ORDINARY",
    metricTags: {},
    internalRoutes: [],
    routable: true,
    availabilityZone: "z1",
    ...more,
  };
}

const desiredCreated = (lrp: RoutedLrp): LrpEvent => ({ kind: "desired_lrp_created", desiredLrp: lrp }) as LrpEvent;
const desiredChanged = (before: RoutedLrp, after: RoutedLrp): LrpEvent =>
  ({ kind: "desired_lrp_changed", before, after }) as LrpEvent;
const desiredRemoved = (lrp: RoutedLrp): LrpEvent => ({ kind: "desired_lrp_removed", desiredLrp: lrp }) as LrpEvent;
const created = (actual: ActualLrp): LrpEvent => ({ kind: "actual_lrp_instance_created", actualLrp: actual });
const changed = (before: ActualLrp, after: ActualLrp): LrpEvent => ({
  kind: "actual_lrp_instance_changed",
  before,
  after,
});
const removed = (actual: ActualLrp): LrpEvent => ({ kind: "actual_lrp_instance_removed", actualLrp: actual });

function endpoints(table: RoutingTable): string[] {
  return [...table.all()].map(({ message }) => `${message.uris[0]} ${message.host}:${message.port}`).sort();
}

function swap(table: RoutingTable, reading: BbsReading, since: readonly LrpEvent[] = []): RouteChanges {
  const all = [...table.swap(reading, since)];
  return { register: all.flatMap((one) => one.register), unregister: all.flatMap((one) => one.unregister) };
}

test("a running instance is registered under each of its names, with what the router and its logs need", () => {
  const table = new RoutingTable(false);
  table.apply(desiredCreated(desiredLrp()));
  const { register } = table.apply(created(actualLrp(1)));
  assert.deepEqual(
    register.map(({ registration }) => registration.message),
    [
      {
        host: "10.254.0.3",
        port: 8080,
        uris: ["a.apps.test"],
        app: "app-1",
        private_instance_id: "i-1",
        private_instance_index: "1",
        server_cert_domain_san: "i-1",
        tags: { app_name: "web", instance_id: "1", component: "route-emitter" },
        availability_zone: "z1",
      },
    ],
  );
});

test("an instance that prefers its host's address is registered with the host's port", () => {
  const table = new RoutingTable(false);
  table.apply(desiredCreated(desiredLrp()));
  const actual = actualLrp(0);
  table.apply(created({ ...actual, netInfo: { ...actual.netInfo!, preferredAddress: "HOST" } }));
  assert.deepEqual(endpoints(table), ["a.apps.test 192.0.2.7:61001"]);
});

test("only instances that run and are ready are registered; a change tells both ways", () => {
  const table = new RoutingTable(false);
  table.apply(desiredCreated(desiredLrp()));
  const starting = actualLrp(0, { state: "CLAIMED", netInfo: null, routable: false });
  table.apply(created(starting));
  assert.equal(table.size, 0);
  const notReady = actualLrp(0, { routable: false, modificationTag: { epoch: "e-0", index: 3 } });
  table.apply(changed(starting, notReady));
  assert.equal(table.size, 0);
  const ready = actualLrp(0, { modificationTag: { epoch: "e-0", index: 4 } });
  assert.equal(table.apply(changed(notReady, ready)).register.length, 1);
  const crashed = actualLrp(0, { state: "CRASHED", netInfo: null, modificationTag: { epoch: "e-0", index: 5 } });
  assert.equal(table.apply(changed(ready, crashed)).unregister.length, 1);
  assert.equal(table.size, 0);
});

test("a route that is unmapped is unregistered, a new one registered, the others are not touched", () => {
  const table = new RoutingTable(false);
  const before = desiredLrp({ routes: { "cf-router": [{ hostnames: ["a.apps.test", "b.apps.test"], port: 8080 }] } });
  table.apply(desiredCreated(before));
  table.apply(created(actualLrp(0)));
  const after = desiredLrp({
    index: 2,
    routes: { "cf-router": [{ hostnames: ["b.apps.test", "c.apps.test"], port: 8080 }] },
  });
  const changes = table.apply(desiredChanged(before, after));
  assert.deepEqual(
    changes.register.map(({ registration }) => registration.message.uris[0]),
    ["c.apps.test"],
  );
  assert.deepEqual(
    changes.unregister.map(({ message }) => message.uris[0]),
    ["a.apps.test"],
  );
});

test("scaling down takes the routes of the instances too many at once; a suspect stays until it is replaced", () => {
  const table = new RoutingTable(false);
  const before = desiredLrp();
  table.apply(desiredCreated(before));
  table.apply(created(actualLrp(0)));
  table.apply(created(actualLrp(1)));
  table.apply(desiredChanged(before, desiredLrp({ index: 2, instances: 1 })));
  assert.deepEqual(endpoints(table), ["a.apps.test 10.254.0.2:8080"]);
  const suspect = actualLrp(0, { presence: "SUSPECT" });
  assert.deepEqual(table.apply(changed(actualLrp(0), suspect)), { register: [], unregister: [] });
  const replacement = actualLrp(0, {
    instanceKey: { instanceGuid: "i-new", cellId: "cell-2" },
    netInfo: { ...actualLrp(0).netInfo!, instanceAddress: "10.254.1.2" },
    modificationTag: { epoch: "new", index: 2 },
  });
  table.apply(created(replacement));
  assert.equal(table.size, 2);
  table.apply(removed(suspect));
  assert.deepEqual(endpoints(table), ["a.apps.test 10.254.1.2:8080"]);
});

test("an instance that crashed and was started again is registered anew", () => {
  const table = new RoutingTable(false);
  table.apply(desiredCreated(desiredLrp()));
  const first = actualLrp(0, { modificationTag: { epoch: "e", index: 2 } });
  table.apply(created(first));
  const unclaimed = actualLrp(0, {
    state: "UNCLAIMED",
    instanceKey: null,
    netInfo: null,
    modificationTag: { epoch: "e", index: 3 },
  });
  table.apply(created(unclaimed));
  table.apply(removed(first));
  assert.equal(table.size, 0);
  const again = actualLrp(0, { modificationTag: { epoch: "e", index: 5 } });
  assert.equal(table.apply(changed(unclaimed, again)).register.length, 1);
});

test("internal routes name the app and each instance", () => {
  const table = new RoutingTable(false);
  table.apply(desiredCreated(desiredLrp({ routes: { "internal-router": [{ hostname: "a.apps.internal" }] } })));
  const { register } = table.apply(created(actualLrp(1)));
  assert.deepEqual(register[0]?.registration.message.uris, ["a.apps.internal", "1.a.apps.internal"]);
  assert.equal(register[0]?.registration.kind, "internal");
});

test("a reading repairs what events missed, and keeps the routes of a domain that is not fresh", () => {
  const table = new RoutingTable(false);
  table.apply(desiredCreated(desiredLrp()));
  table.apply(created(actualLrp(0)));
  swap(table, { desired: [], actual: [actualLrp(0)], freshDomains: new Set() });
  assert.equal(table.size, 1);
  const { unregister } = swap(table, { desired: [], actual: [actualLrp(0)], freshDomains: new Set(["cf-apps"]) });
  assert.equal(unregister.length, 1);
  const { register } = swap(table, {
    desired: [desiredLrp()],
    actual: [actualLrp(0), actualLrp(1)],
    freshDomains: new Set(["cf-apps"]),
  });
  assert.equal(register.length, 2);
});

test("malformed routes route nothing", () => {
  for (const value of [null, "x", {}, [null], [{ hostnames: "a", port: 1 }], [{ port: 8080 }]]) {
    const table = new RoutingTable(false);
    table.apply(desiredCreated(desiredLrp({ routes: { "cf-router": value, "internal-router": value } })));
    table.apply(created(actualLrp(0)));
    assert.equal(table.size, 0);
  }
});

/** One process's history: versions of its desired LRP and of each instance's record, the last one perhaps its removal. */
const history = fc.record({
  desired: fc.array(fc.record({ instances: fc.integer({ min: 0, max: 3 }), hosts: fc.subarray(["a", "b", "c"]) }), {
    minLength: 1,
    maxLength: 5,
  }),
  desiredRemoved: fc.boolean(),
  actual: fc.array(
    fc.record({
      versions: fc.array(
        fc.record({
          state: fc.constantFrom("UNCLAIMED", "CLAIMED", "RUNNING", "CRASHED" as const),
          routable: fc.boolean(),
        }),
        { minLength: 1, maxLength: 5 },
      ),
      removed: fc.boolean(),
    }),
    { maxLength: 3 },
  ),
});

test("property: whatever the order, and however often, events give the registrations of the last state", () => {
  fc.assert(
    fc.property(history, fc.infiniteStream(fc.nat()), (past, dice) => {
      const events: LrpEvent[] = [];
      const finalDesired: RoutedLrp[] = [];
      const finalActual: ActualLrp[] = [];
      const desireds = past.desired.map(({ instances, hosts }, at) =>
        desiredLrp({
          index: at,
          instances,
          routes: { "cf-router": [{ hostnames: hosts.map((host) => `${host}.test`), port: 8080 }] },
        }),
      );
      events.push(desiredCreated(desireds[0]!));
      for (let at = 1; at < desireds.length; at++) events.push(desiredChanged(desireds[at - 1]!, desireds[at]!));
      if (past.desiredRemoved) events.push(desiredRemoved(desireds.at(-1)!));
      else finalDesired.push(desireds.at(-1)!);
      for (const [index, record] of past.actual.entries()) {
        const versions = record.versions.map(({ state, routable }, at) =>
          actualLrp(index, {
            state: state as ActualLrp["state"],
            routable,
            modificationTag: { epoch: `e-${index}`, index: at },
            ...(state === "RUNNING" ? {} : { netInfo: null }),
          }),
        );
        events.push(created(versions[0]!));
        for (let at = 1; at < versions.length; at++) {
          const [before, after] = [versions[at - 1]!, versions[at]!];
          // The BBS tells the end of an instance so, though its record goes on.
          if (after.state === "UNCLAIMED" && before.state !== "UNCLAIMED") events.push(created(after), removed(before));
          else events.push(changed(before, after));
        }
        if (record.removed) events.push(removed(versions.at(-1)!));
        else finalActual.push(versions.at(-1)!);
      }
      const shuffled: LrpEvent[] = [...events, ...events]
        .map((event) => ({ event, at: dice.next().value }))
        .sort((a, b) => a.at - b.at)
        .map(({ event }) => event);

      const expected = new RoutingTable(false);
      swap(expected, { desired: finalDesired, actual: finalActual, freshDomains: new Set(["cf-apps"]) });
      const table = new RoutingTable(false);
      const told = new Map<string, string>();
      const hear = ({ register, unregister }: RouteChanges): void => {
        for (const { registration } of register) told.set(registration.key, JSON.stringify(registration.message));
        for (const { key } of unregister)
          assert.ok(told.delete(key), "what was never registered is never unregistered");
      };
      for (const event of shuffled) hear(table.apply(event));
      assert.deepEqual(endpoints(table), endpoints(expected));
      assert.deepEqual([...told.keys()].sort(), [...table.all()].map(({ key }) => key).sort());
      assert.equal(table.size, told.size);

      // A reading that began before some of the events, with the events since: the same.
      const half = new RoutingTable(false);
      swap(half, { desired: [desireds[0]!], actual: [], freshDomains: new Set(["cf-apps"]) }, shuffled);
      assert.deepEqual(endpoints(half), endpoints(expected));
    }),
    { numRuns: 300 },
  );
});
