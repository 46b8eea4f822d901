import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { ActualLrp } from "../../protocol/lrp.ts";
import { unclaimedActualLrp } from "./actual-lrp-transitions.ts";
import { sampleDesiredLrp, sampleTaskDefinition } from "./sample-records.ts";
import type { LrpStore, StoredState } from "./store.ts";
import { MemoryDisk, memoryLrpStore } from "./store-memory.ts";
import { sqliteLrpStore } from "./store-sqlite.ts";
import { pendingTask } from "./task-transitions.ts";

const NOW_NS = 1_790_000_000_123_456_789n; // beyond 2^53
const unclaimed = unclaimedActualLrp({ processGuid: "web", index: 3, domain: "cf-apps" }, "epoch", NOW_NS);
const running: ActualLrp = {
  ...unclaimed,
  state: "RUNNING",
  instanceKey: { instanceGuid: "i", cellId: "c" },
  netInfo: {
    address: "10.0.0.1",
    ports: [{ containerPort: 8080, hostPort: 61_000 }],
    instanceAddress: "10.1.0.1",
    preferredAddress: "INSTANCE",
  },
  crashCount: 2,
  crashReason: 'it\'s "broken"',
  metricTags: { source_id: "x" },
  internalRoutes: [{ hostname: "a.internal" }],
  routable: true,
  availabilityZone: "z1",
};
const desired = sampleDesiredLrp({
  routes: { "cf-router": [{ hostnames: ["a"], port: 8080 }] },
  annotation: "ünïcode",
});
const task = { ...pendingTask("task", "cf-tasks", sampleTaskDefinition(), NOW_NS), rejectionCount: 1, failed: true };

/** What every store must do. `open` opens the same disk again. */
function contract(name: string, withDisk: (work: (open: () => LrpStore) => Promise<void>) => Promise<void>): void {
  const read = async (open: () => LrpStore): Promise<Record<keyof StoredState, unknown[]>> => {
    const store = open();
    const { desired: lrps, actual, tasks, domains } = await store.load();
    const stored = { desired: [...lrps], actual: [...actual], tasks: [...tasks], domains: [...domains] };
    await store[Symbol.asyncDispose]();
    return stored;
  };

  test(`${name}: what was written is read back exactly as it was`, () =>
    withDisk(async (open) => {
      const store = open();
      await store.write([
        { kind: "put-desired", lrp: desired },
        { kind: "put-actual", lrp: running },
        { kind: "put-task", task },
        { kind: "put-domain", domain: "cf-apps", expiresAtMs: 1_790_000_000_000 },
        { kind: "put-domain", domain: "cf-tasks", expiresAtMs: Number.POSITIVE_INFINITY },
      ]);
      await store[Symbol.asyncDispose]();
      assert.deepEqual(await read(open), {
        desired: [desired],
        actual: [running],
        tasks: [task],
        domains: [
          ["cf-apps", 1_790_000_000_000],
          ["cf-tasks", Number.POSITIVE_INFINITY],
        ],
      });
    }));

  test(`${name}: presences of one index are records of their own, and rows can be replaced and deleted`, () =>
    withDisk(async (open) => {
      const store = open();
      const suspect: ActualLrp = { ...running, presence: "SUSPECT" };
      await store.write([
        { kind: "put-actual", lrp: suspect },
        { kind: "put-actual", lrp: running },
        { kind: "put-actual", lrp: unclaimed },
        { kind: "put-task", task },
        { kind: "put-desired", lrp: desired },
        { kind: "put-domain", domain: "cf-apps", expiresAtMs: 5 },
      ]);
      await store.write([
        { kind: "delete-actual", processGuid: "web", index: 3, presence: "SUSPECT" },
        { kind: "delete-task", taskGuid: "task" },
        { kind: "delete-desired", processGuid: "web" },
        { kind: "delete-domain", domain: "cf-apps" },
      ]);
      await store[Symbol.asyncDispose]();
      assert.deepEqual(await read(open), { desired: [], actual: [unclaimed], tasks: [], domains: [] });
    }));
}

contract("memory", async (work) => {
  const disk = new MemoryDisk();
  await work(() => memoryLrpStore(disk));
});

contract("SQLite", async (work) => {
  const folder = await mkdtemp(join(tmpdir(), "ingot-store-"));
  await work(() => sqliteLrpStore(join(folder, "bbs.sqlite"))).finally(() => rm(folder, { recursive: true }));
});

test("what a store has confirmed is there after kill -9", async () => {
  const folder = await mkdtemp(join(tmpdir(), "ingot-kill-"));
  try {
    const path = join(folder, "bbs.sqlite");
    const module = (name: string): string => JSON.stringify(new URL(name, import.meta.url).href);
    const program = `
      import { sampleTaskDefinition } from ${module("./sample-records.ts")};
      import { sqliteLrpStore } from ${module("./store-sqlite.ts")};
      import { pendingTask } from ${module("./task-transitions.ts")};
      const store = sqliteLrpStore(${JSON.stringify(path)});
      for (let number = 1; ; number++) {
        const task = pendingTask("task-" + number, "cf-tasks", sampleTaskDefinition(), 1n);
        await store.write([{ kind: "put-task", task }]);
        process.stdout.write(number + "\\n");
      }`;
    const child = spawn(process.execPath, ["--input-type=module", "--eval", program], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let confirmed = 0;
    let text = "";
    child.stdout.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      confirmed = Number(text.trimEnd().split("\n").at(-1));
      if (confirmed >= 40) child.kill("SIGKILL");
    });
    await once(child, "exit");
    const store = sqliteLrpStore(path);
    const there = [...(await store.load()).tasks].length;
    await store[Symbol.asyncDispose]();
    assert.ok(confirmed >= 40 && there >= confirmed, `${confirmed} confirmed, ${there} there`);
  } finally {
    await rm(folder, { recursive: true });
  }
});
