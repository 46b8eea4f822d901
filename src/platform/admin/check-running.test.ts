import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "../../kit/clock-system.ts";
import { silentLog } from "../../kit/log.ts";
import { type CheckParts, checkRunning } from "./check-running.ts";

const { signal } = new AbortController();

/** A platform of one process `p1` that shall run; `done` notes what the check does to it. */
function platform(faults: { lrps?: string[]; containers?: string[]; strays?: string[]; mendsItself?: boolean } = {}) {
  const done: string[] = [];
  const lrps = new Set(faults.lrps ?? ["p1-v1"]);
  const containers = new Set(faults.containers ?? []);
  const strays = new Set(faults.strays ?? []);
  const parts = {
    cc: { blobReferences: async () => [], ownedBlobs: async () => new Set(), blobIsLost: async () => undefined },
    source: { processesToRun: async () => [{ guid: "p1", version: "v1", annotation: "" }] },
    bridge: {
      processChanged: async (guid: string) => {
        done.push(`desired ${guid}`);
        lrps.add(`${guid}-v1`);
      },
    },
    blobstore: {
      keys: async (bucket: string) => (bucket === "droplets" ? [...strays] : []),
      stat: async () => ({ size: 1, sha1: "", sha256: "a" }),
      localPath: async () => "/",
      delete: async (bucket: string, key: string) => {
        done.push(`deleted ${bucket}/${key}`);
        strays.delete(key);
      },
    },
    bbs: {
      desiredLrps: async () => [...lrps].map((processGuid) => ({ processGuid, instances: 1, routes: {} })),
      actualLrps: async () => [],
      removeDesiredLrp: async (processGuid: string) => {
        done.push(`removed ${processGuid}`);
        lrps.delete(processGuid);
      },
    },
    rep: { state: async () => ({ lrps: [], tasks: [] }) },
    garden: {
      list: async () => [...containers],
      destroy: async (handle: string) => {
        if (handle === "stuck") throw new Error("it does not end");
        done.push(`destroyed ${handle}`);
        containers.delete(handle);
      },
    },
    gorouter: { routes: () => [] },
    clock: {
      ...systemClock(),
      sleep: async () => {
        if (faults.mendsItself === true) lrps.add("p1-v1");
      },
    },
    log: silentLog(),
  };
  return { parts: parts as unknown as CheckParts, done };
}

const look = { repair: false, damaged: [] };
const mend = { repair: true, damaged: [] };

test("where all is well nothing is found, and what mends itself between two looks is not reported", async () => {
  assert.deepEqual(await checkRunning(mend, platform().parts, signal), []);
  const mending = platform({ lrps: [], mendsItself: true });
  assert.deepEqual(await checkRunning(mend, mending.parts, signal), []);
  assert.deepEqual(mending.done, []);
});

test("a look changes nothing; a repair does just what is needed, and then all is well", async () => {
  const { parts, done } = platform({ lrps: ["old-v1"], containers: ["c1"], strays: ["d1"] });
  const found = await checkRunning(look, parts, signal);
  assert.deepEqual(
    found.map(({ check, repair }) => [check, repair]),
    [
      ["blobs", ""],
      ["processes", ""],
      ["processes", ""],
      ["containers", ""],
    ],
  );
  assert.deepEqual(done, []);
  const mended = await checkRunning(mend, parts, signal);
  assert.ok(mended.every(({ repair }) => repair === "repaired"));
  assert.deepEqual(done.sort(), ["deleted droplets/d1", "desired p1", "destroyed c1", "removed old-v1"]);
  assert.deepEqual(await checkRunning(look, parts, signal), []);
});

test("what cannot be repaired says why, and keeps nothing else from being repaired", async () => {
  const { parts, done } = platform({ containers: ["stuck", "c2"] });
  const [first, second] = await checkRunning(mend, parts, signal);
  assert.equal(first?.repair, "not repaired: it does not end");
  assert.equal(second?.repair, "repaired");
  assert.deepEqual(done, ["destroyed c2"]);
});
