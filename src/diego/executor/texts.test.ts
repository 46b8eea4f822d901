import assert from "node:assert/strict";
import { test } from "node:test";
import { byteSize } from "./byte-size.ts";
import { goDuration } from "./go-duration.ts";
import { instanceEnvironment } from "./instance-environment.ts";

test("durations read as Go prints them", () => {
  assert.deepEqual([0, 1, 500, 1000, 1500, 60_000, 61_250, 3_600_000, 900_000].map(goDuration), [
    "0s",
    "1ms",
    "500ms",
    "1s",
    "1.5s",
    "1m0s",
    "1m1.25s",
    "1h0m0s",
    "15m0s",
  ]);
});

test("sizes have one decimal at most", () => {
  assert.deepEqual([0, 1023, 1024, 1536, 14_994_637, 1024 ** 3, 5 * 1024 ** 5].map(byteSize), [
    "0B",
    "1023B",
    "1K",
    "1.5K",
    "14.3M",
    "1G",
    "5120T",
  ]);
});

test("a process learns its addresses; without ports the variables are empty, without a host port they are absent", () => {
  const at = { externalIp: "192.0.2.1", internalIp: "10.0.0.2" };
  const variables = (ports: Parameters<typeof instanceEnvironment>[0]["ports"]): Record<string, string> =>
    Object.fromEntries(instanceEnvironment({ ...at, ports }).map(({ name, value }) => [name, value]));
  assert.deepEqual(variables([{ containerPort: 8080, hostPort: 61001 }]), {
    CF_INSTANCE_IP: "192.0.2.1",
    CF_INSTANCE_INTERNAL_IP: "10.0.0.2",
    CF_INSTANCE_PORT: "61001",
    CF_INSTANCE_ADDR: "192.0.2.1:61001",
    CF_INSTANCE_PORTS: '[{"external":61001,"internal":8080}]',
  });
  assert.deepEqual(variables([]), {
    CF_INSTANCE_IP: "192.0.2.1",
    CF_INSTANCE_INTERNAL_IP: "10.0.0.2",
    CF_INSTANCE_PORT: "",
    CF_INSTANCE_ADDR: "",
    CF_INSTANCE_PORTS: "[]",
  });
  assert.equal("CF_INSTANCE_ADDR" in variables([{ containerPort: 8080, hostPort: 0 }]), false);
});
