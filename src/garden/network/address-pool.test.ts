import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ADDRESS_REST_MS, mapPorts, pickAddress, pickHostPort } from "./address-pool.ts";
import { parseSubnet } from "./subnet.ts";

const subnet = parseSubnet("10.254.0.0/28"); // 13 addresses, .2 to .14

test("addresses go round: a freed one is not the next to be used", () => {
  assert.equal(pickAddress(subnet, null, new Set(), new Map(), 0), "10.254.0.2");
  assert.equal(pickAddress(subnet, "10.254.0.2", new Set(), new Map(), 0), "10.254.0.3");
  assert.equal(pickAddress(subnet, "10.254.0.14", new Set(["10.254.0.2"]), new Map(), 0), "10.254.0.3");
});

test("a freed address rests, and comes back afterwards", () => {
  const used = new Set(Array.from({ length: 12 }, (_, index) => `10.254.0.${index + 3}`));
  const freed = new Map([["10.254.0.2", 1_000]]);
  assert.throws(() => pickAddress(subnet, null, used, freed, 1_000 + ADDRESS_REST_MS - 1));
  assert.equal(pickAddress(subnet, null, used, freed, 1_000 + ADDRESS_REST_MS), "10.254.0.2");
});

test("a clock that was set back does not lock addresses away", () => {
  const freed = new Map([["10.254.0.2", 9_999_999]]);
  assert.equal(pickAddress(subnet, null, new Set(), freed, 5), "10.254.0.2");
});

test("property: as long as one is free, a free one is picked", () => {
  fc.assert(
    fc.property(
      fc.subarray(Array.from({ length: 13 }, (_, index) => `10.254.0.${index + 2}`)),
      fc.nat(12),
      (used, last) => {
        if (used.length === 13) return true;
        const picked = pickAddress(subnet, `10.254.0.${last + 2}`, new Set(used), new Map(), 0);
        return !used.includes(picked);
      },
    ),
  );
});

test("host ports go round and skip used ones", () => {
  const pool = { first: 61_001, count: 3 };
  assert.equal(pickHostPort(pool, null, new Set()), 61_001);
  assert.equal(pickHostPort(pool, 61_003, new Set()), 61_001);
  assert.equal(pickHostPort(pool, 61_001, new Set([61_002])), 61_003);
  assert.equal(pickHostPort(pool, 80, new Set([61_001, 61_002])), 61_003);
  assert.throws(() => pickHostPort(pool, 61_001, new Set([61_001, 61_002, 61_003])));
});

test("wanted host ports are given or refused, others come from the pool, and no two are the same", () => {
  const pool = { first: 61_001, count: 10 };
  const wanted = [
    { containerPort: 8080 },
    { containerPort: 0, hostPort: 61_003 },
    { containerPort: 2222 },
    { containerPort: 1 },
  ];
  assert.deepEqual(mapPorts(wanted, pool, 61_001, new Set()), {
    ports: [
      { hostPort: 61_002, containerPort: 8080 },
      { hostPort: 61_003, containerPort: 61_003 },
      { hostPort: 61_004, containerPort: 2222 },
      { hostPort: 61_005, containerPort: 1 },
    ],
    last: 61_005,
  });
  assert.throws(() => mapPorts([{ containerPort: 1, hostPort: 80 }], pool, 61_001, new Set([80])), { kind: "exists" });
});
