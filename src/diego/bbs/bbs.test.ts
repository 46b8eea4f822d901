import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { test } from "node:test";
import { systemClock } from "../../kit/clock-system.ts";
import type { HttpClient } from "../../kit/http-client.ts";
import { silentLog } from "../../kit/log.ts";
import { systemRandom } from "../../kit/random-system.ts";
import type { CellPresence, CellState, CellWork } from "../../protocol/cell.ts";
import { encodeCellPresence } from "../../protocol/cell-presence.ts";
import type { ActualLrpKey, LrpEvent } from "../../protocol/lrp.ts";
import { type Auctioneer, startAuctioneer } from "../auctioneer/index.ts";
import { startLocket } from "../locket/index.ts";
import type { RepClient } from "../rep/client.ts";
import type { BbsClient } from "./client.ts";
import { type Bbs, startBbs } from "./index.ts";
import { sampleDesiredLrp, sampleTaskDefinition } from "./sample-records.ts";

const clock = systemClock();
const random = systemRandom();
const log = silentLog();
const never = new AbortController().signal;
const presence: CellPresence = {
  cellId: "cell-1",
  repAddress: "",
  repUrl: "https://cell-1",
  zone: "z1",
  capacity: { memoryMb: 1024, diskMb: 4096, containers: 100 },
  rootfsProviders: { preloaded: ["cflinuxfs4"] },
  placementTags: [],
  optionalPlacementTags: [],
};

/** A cell that starts at once whatever it is given. */
function instantCell(bbs: () => BbsClient): RepClient & { readonly work: CellWork[] } {
  const work: CellWork[] = [];
  const run = async (taken: CellWork): Promise<void> => {
    for (const { key } of taken.lrps) {
      const instanceKey = { instanceGuid: random.guid(), cellId: "cell-1" };
      await bbs().claimActualLrp(key, instanceKey, never);
      await bbs().startActualLrp(startOf(key, instanceKey), never);
    }
    for (const { taskGuid } of taken.tasks) {
      if (!(await bbs().startTask(taskGuid, "cell-1", never))) continue;
      await bbs().completeTask(taskGuid, "cell-1", { failed: false, failureReason: "", result: "done" }, never);
    }
  };
  return {
    work,
    state: async (): Promise<CellState> => ({
      cellId: "cell-1",
      repUrl: presence.repUrl,
      zone: "z1",
      total: presence.capacity,
      available: presence.capacity,
      lrps: [],
      tasks: [],
      startingContainerCount: 0,
      evacuating: false,
      rootfsProviders: presence.rootfsProviders,
      placementTags: [],
      optionalPlacementTags: [],
      volumeDrivers: [],
    }),
    perform: async (wanted) => {
      work.push(wanted);
      void run(wanted);
      return { cellId: "cell-1", lrps: [], tasks: [] };
    },
    stopLrpInstance: async (key, instanceKey) => bbs().removeActualLrp(key, instanceKey, never),
    updateLrpInstance: async () => undefined,
    cancelTask: async () => undefined,
  };
}

function startOf(key: ActualLrpKey, instanceKey: { instanceGuid: string; cellId: string }) {
  return {
    key,
    instanceKey,
    netInfo: { address: "10.0.0.1", ports: [], instanceAddress: "10.1.0.1", preferredAddress: "HOST" },
    internalRoutes: [],
    metricTags: {},
    routable: true,
    availabilityZone: "z1",
  } as const;
}

interface Diego extends AsyncDisposable {
  readonly bbs: Bbs;
  readonly posts: { url: string; body: string }[];
}

async function startDiego(folder: string): Promise<Diego> {
  const locket = await startLocket({ databasePath: join(folder, "locket.sqlite") }, { clock, random, log });
  const posts: { url: string; body: string }[] = [];
  const http: HttpClient = {
    request: async ({ url, body }) => {
      posts.push({ url, body: String(body) });
      return { status: 200, headers: {}, body: Readable.from([]) };
    },
  };
  let auctioneer: Auctioneer | null = null;
  const cell = instantCell(() => bbs.client);
  const bbs: Bbs = await startBbs(
    { databasePath: join(folder, "bbs.sqlite") },
    {
      clock,
      random,
      log,
      locket: locket.client,
      auctioneer: () => auctioneer?.client ?? null,
      repOf: () => cell,
      http,
    },
  );
  auctioneer = await startAuctioneer(
    {},
    { clock, random, log, bbs: bbs.client, locket: locket.client, repOf: () => cell },
  );
  await locket.client.lock(
    { key: "cell-1", owner: random.guid(), value: encodeCellPresence(presence), type: "presence" },
    60,
    never,
  );
  return {
    bbs,
    posts,
    [Symbol.asyncDispose]: async () => {
      await auctioneer?.[Symbol.asyncDispose]();
      await bbs[Symbol.asyncDispose]();
      await locket[Symbol.asyncDispose]();
    },
  };
}

async function eventually(check: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await check();
      return;
    } catch (error) {
      if (attempt > 400) throw error;
      await clock.sleep(10);
    }
  }
}

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "ingot-bbs-"));
  await work(folder).finally(() => rm(folder, { recursive: true }));
}

test("a desired LRP is auctioned, claimed, started, scaled and removed, and every step is told as an event", async () => {
  await inFolder(async (folder) => {
    await using diego = await startDiego(folder);
    const { client } = diego.bbs;
    const events: LrpEvent[] = [];
    const ended = new AbortController();
    const reading = (async () => {
      for await (const event of client.lrpEvents(ended.signal)) events.push(event);
    })();
    await client.desireLrp(sampleDesiredLrp({ instances: 2 }), never);
    await eventually(async () => {
      const states = (await client.actualLrps({ processGuid: "web" }, never)).map((lrp) => lrp.state);
      assert.deepEqual(states, ["RUNNING", "RUNNING"]);
    });
    await client.updateDesiredLrp("web", { instances: 1 }, never);
    await eventually(async () => {
      assert.deepEqual(
        (await client.actualLrps({}, never)).map((lrp) => lrp.key.index),
        [0],
      );
    });
    await client.removeDesiredLrp("web", never);
    await eventually(async () => assert.deepEqual(await client.actualLrps({}, never), []));
    await eventually(async () => assert.ok(events.length >= 11));
    ended.abort();
    await reading;
    assert.deepEqual(events.map((event) => event.kind).toSorted(), [
      "actual_lrp_instance_changed",
      "actual_lrp_instance_changed",
      "actual_lrp_instance_changed",
      "actual_lrp_instance_changed",
      "actual_lrp_instance_created",
      "actual_lrp_instance_created",
      "actual_lrp_instance_removed",
      "actual_lrp_instance_removed",
      "desired_lrp_changed",
      "desired_lrp_created",
      "desired_lrp_removed",
    ]);
  });
});

test("a task runs, its result is posted to the callback, and it is gone", async () => {
  await inFolder(async (folder) => {
    await using diego = await startDiego(folder);
    const { client } = diego.bbs;
    const definition = sampleTaskDefinition({ completionCallbackUrl: "https://cc/done", annotation: "note" });
    await client.desireTask("task-1", "cf-tasks", definition, never);
    await eventually(async () => assert.deepEqual(await client.tasks({}, never), []));
    assert.equal(diego.posts.length, 1);
    assert.equal(diego.posts[0]?.url, "https://cc/done");
    const body = JSON.parse(diego.posts[0]?.body ?? "") as Record<string, unknown>;
    assert.deepEqual(
      { ...body, created_at: 0 },
      { task_guid: "task-1", failed: false, failure_reason: "", result: "done", annotation: "note", created_at: 0 },
    );
  });
});

test("after a restart everything is there and instances are still running", async () => {
  await inFolder(async (folder) => {
    {
      await using diego = await startDiego(folder);
      await diego.bbs.client.upsertDomain("cf-apps", 120, never);
      await diego.bbs.client.desireLrp(sampleDesiredLrp(), never);
      await eventually(async () => {
        assert.equal((await diego.bbs.client.actualLrps({}, never))[0]?.state, "RUNNING");
      });
    }
    await using diego = await startDiego(folder);
    const { client } = diego.bbs;
    assert.deepEqual(await client.domains(never), ["cf-apps"]);
    assert.equal((await client.desiredLrpByProcessGuid("web", never)).instances, 1);
    const [lrp] = await client.actualLrps({ cellId: "cell-1" }, never);
    assert.equal(lrp?.state, "RUNNING");
    assert.equal(lrp?.netInfo?.address, "10.0.0.1");
  });
});

test("what is wrong is refused with Diego's error types", async () => {
  await inFolder(async (folder) => {
    await using diego = await startDiego(folder);
    const { client } = diego.bbs;
    const key = { processGuid: "none", index: 0, domain: "cf-apps" };
    const refused = (type: string) => (error: unknown) => (error as { type?: string }).type === type;
    await assert.rejects(
      client.desireLrp(sampleDesiredLrp({ processGuid: "no spaces" }), never),
      refused("InvalidRequest"),
    );
    await client.desireLrp(sampleDesiredLrp({ instances: 0 }), never);
    await assert.rejects(client.desireLrp(sampleDesiredLrp(), never), refused("ResourceExists"));
    await assert.rejects(client.removeDesiredLrp("none", never), refused("ResourceNotFound"));
    await assert.rejects(client.retireActualLrp(key, never), refused("ResourceNotFound"));
    await assert.rejects(
      client.claimActualLrp(key, { instanceGuid: "i", cellId: "c" }, never),
      refused("ResourceNotFound"),
    );
    await assert.rejects(client.taskByGuid("none", never), refused("ResourceNotFound"));
  });
});
