import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { promptBridge } from "../../testing/boot-cc.ts";
import { related, World } from "../../testing/world.ts";

interface Shown {
  readonly guid: string;
  readonly status: {
    readonly value: string;
    readonly reason: string;
    readonly canary: { readonly steps: { readonly current: number; readonly total: number } };
  };
  readonly new_processes: readonly { readonly guid: string }[];
}

let world: World;
let app: string;

before(async () => {
  world = await World.boot({ bridge: promptBridge() });
  app = (await world.builtApp(world.things["spaces"]!))["apps"]!;
  await world.flow.call("POST", `/v3/apps/${app}/processes/web/actions/scale`, { instances: 10 });
});
after(() => world[Symbol.asyncDispose]());

async function show(guid: string): Promise<Shown> {
  return (await world.flow.call("GET", `/v3/deployments/${guid}`)).body as Shown;
}

async function until(guid: string, reason: string): Promise<Shown> {
  for (let tries = 0; tries < 400; tries++) {
    const deployment = await show(guid);
    if (deployment.status.reason === reason) return deployment;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.fail(`still ${JSON.stringify((await show(guid)).status)}`);
}

async function instancesOf({ new_processes: [process] }: Shown): Promise<number> {
  const { body } = await world.flow.call("GET", `/v3/processes/${process!.guid}`);
  return (body as { instances: number }).instances;
}

test("a canary deployment waits at each of its steps until somebody lets it go on", async () => {
  const steps = [{ instance_weight: 20 }, { instance_weight: 60 }];
  const options = { max_in_flight: 10, canary: { steps } };
  const guid = await world.make("deployments", { strategy: "canary", options, ...related({ app }) });
  const first = await until(guid, "PAUSED");
  assert.deepEqual(first.status.canary.steps, { current: 1, total: 2 });
  assert.equal(await instancesOf(first), 2);
  const proceed = () => world.flow.call("POST", `/v3/deployments/${guid}/actions/continue`);
  assert.equal((await proceed()).status, 200);
  assert.equal((await proceed()).status, 422);
  const second = await until(guid, "PAUSED");
  assert.deepEqual(second.status.canary.steps, { current: 2, total: 2 });
  assert.equal(await instancesOf(second), 6);
  assert.equal((await proceed()).status, 200);
  const done = await until(guid, "DEPLOYED");
  assert.equal(done.status.value, "FINALIZED");
  assert.equal(await instancesOf(done), 10);
});

test("a canary deployment that is cancelled leaves the app as it was", async () => {
  const before = (await world.flow.call("GET", `/v3/apps/${app}/processes/web`)).body as { guid: string };
  const guid = await world.make("deployments", { strategy: "canary", ...related({ app }) });
  await until(guid, "PAUSED");
  assert.equal((await world.flow.call("POST", `/v3/deployments/${guid}/actions/cancel`)).status, 200);
  await until(guid, "CANCELED");
  const after = (await world.flow.call("GET", `/v3/apps/${app}/processes/web`)).body as {
    guid: string;
    instances: number;
  };
  assert.deepEqual([after.guid, after.instances], [before.guid, 10]);
});

test("options that are null are as good as not given", async () => {
  const nothing = { web_instances: null, memory_in_mb: null, disk_in_mb: null };
  const options = { ...nothing, log_rate_limit_in_bytes_per_second: null, canary: null, max_in_flight: 3 };
  for (const given of [options, { ...options, max_in_flight: null, canary: { steps: null } }]) {
    const { body, status } = await world.flow.call("POST", "/v3/deployments", {
      strategy: "canary",
      options: given,
      ...related({ app }),
    });
    assert.equal(status, 201, JSON.stringify(body));
    const { guid, options: kept } = body as { guid: string; options: object };
    assert.deepEqual(kept, { max_in_flight: given.max_in_flight ?? 1 });
    await until(guid, "PAUSED");
    assert.equal((await world.flow.call("POST", `/v3/deployments/${guid}/actions/cancel`)).status, 200);
    await until(guid, "CANCELED");
  }
});
