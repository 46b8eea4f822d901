import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { testsRunOn } from "../../kit/testing/test-database.ts";
import type { Answer } from "./testing/boot-cc.ts";
import { CrashPoints, openJobs, rowCounts } from "./testing/crash-points.ts";
import { until } from "./testing/services-world.ts";
import { related, World } from "./testing/world.ts";

/** Every long operation, by the request that begins it. A point of death is each commit of it. */
const OPERATIONS: Readonly<Record<string, (world: World) => Promise<Answer>>> = {
  "app.delete": (world) => remove(world, "apps"),
  "package.delete": (world) => remove(world, "packages"),
  "droplet.delete": (world) => remove(world, "spareDroplet"),
  "space.delete": (world) => remove(world, "spaces"),
  "organization.delete": (world) => remove(world, "organizations"),
  "route.delete": (world) => remove(world, "routes"),
  "domain.delete": (world) => remove(world, "domains"),
  "user.delete": (world) => remove(world, "users"),
  "role.delete": (world) => remove(world, "roles"),
  "buildpack.delete": (world) => remove(world, "buildpacks"),
  "security_group.delete": (world) => remove(world, "security_groups"),
  "space_quota.delete": (world) => remove(world, "spareSpaceQuota"),
  "organization_quota.delete": (world) => remove(world, "spareQuota"),
  "space.delete_unmapped_routes": (world) =>
    world.flow.call("DELETE", `/v3/spaces/${world.things["spaces"]}/routes?unmapped=true`),
  "service_instance.delete": (world) => world.flow.call("DELETE", `/v3/service_instances/${world.things["managed"]}`),
  "service_instance.create": (world) =>
    world.flow.call("POST", "/v3/service_instances", {
      type: "managed",
      name: "made",
      ...related({ space: world.things["spaces"]!, service_plan: "plan-small" }),
    }),
  "service_instance.update": (world) =>
    world.flow.call("PATCH", `/v3/service_instances/${world.things["managed"]}`, { parameters: { size: 2 } }),
  "service_credential_binding.create": (world) =>
    world.flow.call("POST", "/v3/service_credential_bindings", {
      type: "app",
      ...related({ service_instance: world.things["managed"]!, app: world.things["apps"]! }),
    }),
  "service_credential_binding.delete": (world) => remove(world, "key"),
  "service_broker.delete": (world) => remove(world, "spareBroker"),
  "service_broker.update": (world) => world.flow.call("PATCH", "/v3/service_brokers/broker-guid", brokerAt(world)),
  "service_broker.create": (world) =>
    world.flow.call("POST", "/v3/service_brokers", { name: "second", ...brokerAt(world) }),
  "space.apply_manifest": async (world) =>
    world.flow.cc.fetch("POST", `/v3/spaces/${world.things["spaces"]}/actions/apply_manifest`, MANIFEST, {
      authorization: `bearer ${await world.flow.cc.token("admin", ["cloud_controller.admin"])}`,
      "content-type": "application/x-yaml",
    }),
};

const MANIFEST = `
applications:
- name: first
  memory: 64M
  env: { A: b }
  random-route: true
  processes: [{ type: worker, instances: 2 }]
  sidecars: [{ name: side, command: c, process_types: [web] }]
- name: second
  no-route: true
`;

/** Paths of things that are not called like their kind. */
const KINDS: Readonly<Record<string, string>> = {
  key: "service_credential_bindings",
  spareDroplet: "droplets",
  spareSpaceQuota: "space_quotas",
  spareQuota: "organization_quotas",
  spareBroker: "service_brokers",
};

function remove({ flow, things }: World, thing: string): Promise<Answer> {
  return flow.call("DELETE", `/v3/${KINDS[thing] ?? thing}/${things[thing]}`);
}

function brokerAt(world: World): object {
  return { url: world.brokerUrl, authentication: { type: "basic", credentials: { username: "u", password: "p" } } };
}

/** `--full` dies after every commit; else after the first two, the last three, and some between. */
const FULL = process.env["INGOT_TEST_FULL"] === "1";

function chosen(taken: readonly number[]): readonly number[] {
  if (FULL) return taken;
  const step = Math.ceil(taken.length / 4);
  return taken.filter((_, at) => at < 2 || at >= taken.length - 3 || at % step === 0);
}

const skip = testsRunOn === "sqlite" ? false : "copies the file of a database after each commit";
let world: World;
let points: CrashPoints;
let start: number;

before(async () => {
  if (skip !== false) return;
  world = await World.boot();
  const key = await world.flow.call("POST", "/v3/service_credential_bindings", {
    type: "key",
    name: "key",
    ...related({ service_instance: world.things["managed"]! }),
  });
  assert.equal((await world.flow.cc.job(key)).state, "COMPLETE");
  const { things } = world;
  const broker = await world.flow.call("POST", "/v3/service_brokers", { name: "spare", ...brokerAt(world) });
  assert.equal((await world.flow.cc.job(broker)).state, "COMPLETE");
  // What nothing uses can be deleted alone.
  world.things = {
    ...things,
    key: await world.first("/v3/service_credential_bindings?names=key"),
    spareDroplet: await world.make(`droplets?source_guid=${things["droplets"]}`, related({ app: things["apps"]! })),
    spareSpaceQuota: await world.make("space_quotas", {
      name: "spare",
      ...related({ organization: things["organizations"]! }),
    }),
    spareQuota: await world.make("organization_quotas", { name: "spare" }),
    spareBroker: await world.first("/v3/service_brokers?names=spare"),
  };
  points = new CrashPoints(world.flow.cc.databasePath);
  await settled();
  await world.flow.cc.restart(() => {
    start = points.take();
  });
});

after(async () => {
  points?.[Symbol.dispose]();
  await world?.[Symbol.asyncDispose]();
});

async function settled(): Promise<void> {
  await until(() => openJobs(world.flow.cc.databasePath) === 0);
}

/** Jobs are told apart by their states. */
const counts = (): Record<string, number> => rowCounts(world.flow.cc.databasePath, ["jobs"]);

for (const [operation, ask] of Object.entries(OPERATIONS)) {
  test(`${operation}: killed after any commit, it is done in the end as if nothing had happened`, {
    skip,
  }, async () => {
    const { cc } = world.flow;
    await cc.restart(() => points.putBack(start));
    const untouched = counts();
    let answer: Answer | null = null;
    const taken = await points.during(async () => {
      answer = await ask(world);
      const job = await cc.job(answer);
      assert.deepEqual([job.state, job.errors], ["COMPLETE", []]);
      await settled();
    });
    const { headers } = answer ?? assert.fail();
    const job = new URL((headers as Headers).get("location") ?? "").pathname;
    const done = counts();
    assert.ok(taken.length > 1, "there is something between asking and being done");
    for (const point of chosen(taken)) {
      await cc.restart(() => points.putBack(point));
      await settled();
      const { status, body } = await world.flow.call("GET", job);
      const where = `killed after commit ${point - taken[0]! + 1} of ${taken.length}`;
      if (status === 404) assert.deepEqual(counts(), untouched, where);
      else {
        assert.equal((body as { state: string }).state, "COMPLETE", `${where}: ${JSON.stringify(body)}`);
        assert.deepEqual(counts(), done, where);
      }
    }
  });
}
