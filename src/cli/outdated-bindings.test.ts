import assert from "node:assert/strict";
import { test } from "node:test";
import { outdatedBindings } from "./outdated-bindings.ts";
import type { ServiceBinding } from "./service-bindings.ts";

const binding = (guid: string, instance: string, created_at: string): ServiceBinding => ({
  guid,
  name: guid,
  type: "app",
  created_at,
  relationships: { service_instance: { data: { guid: instance } } },
});
const bindings = [
  binding("newest", "b", "2026-01-03T00:00:00Z"),
  binding("oldest", "b", "2026-01-01T00:00:00Z"),
  binding("middle", "b", "2026-01-02T00:00:00Z"),
  binding("other-old", "a", "2026-01-02T00:00:00Z"),
  binding("other-new", "a", "2026-01-04T00:00:00Z"),
];

test("all but the newest bindings of each service instance are outdated, the oldest first", () => {
  const guids = (keep: number) => outdatedBindings(bindings, keep).map(({ guid }) => guid);
  assert.deepEqual(guids(1), ["other-old", "oldest", "middle"]);
  assert.deepEqual(guids(2), ["oldest"]);
  assert.deepEqual(guids(3), []);
});
