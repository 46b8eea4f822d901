import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { tokenOf } from "../../testing/asked.ts";
import { World } from "../../testing/world.ts";
import { drainHostname } from "../syslog-drain-urls/drain-hostname.ts";

let world: World;
let process: string;
let space: string;

before(async () => {
  world = await World.boot();
  process = world.things["processes"]!;
  space = world.things["spaces"]!;
});
after(() => world[Symbol.asyncDispose]());

async function types(): Promise<string[]> {
  const { body } = await world.flow.call("GET", `/v3/audit_events?target_guids=${world.things["apps"]}&per_page=500`);
  return (body as { resources: { type: string }[] }).resources.map(({ type }) => type);
}

test("what Diego tells of instances becomes events of the app", async () => {
  const version = "11111111-2222-3333-4444-555555555555";
  const path = `/internal/v4/apps/${process}-${version}`;
  const instance = { instance: "i", index: 0, cell_id: "cell-1" };
  const told = {
    crashed: { ...instance, reason: "CRASHED", exit_description: "gone", crash_count: 2, crash_timestamp: 1 },
    readiness_changed: { ...instance, ready: false },
    rescheduling: { ...instance, reason: "evacuated" },
  };
  for (const [what, body] of Object.entries(told)) {
    const answer = await world.flow.internal("POST", `${path}/${what}`, JSON.stringify(body));
    assert.deepEqual([answer.status, answer.text], [200, "{}"]);
    assert.equal((await world.flow.internal("POST", `${path}/${what}`, "{")).status, 400);
    assert.equal(
      (await world.flow.internal("POST", `/internal/v4/apps/nobody/${what}`, JSON.stringify(body))).status,
      404,
    );
  }
  const seen = await types();
  for (const type of [
    "app.crash",
    "audit.app.process.crash",
    "audit.app.process.not-ready",
    "audit.app.process.rescheduling",
  ]) {
    assert.equal(seen.filter((other) => other === type).length, 1, type);
  }
});

test("whoever enters an instance, or tries to, is written down", async () => {
  const app = world.things["apps"]!;
  const webGuid = await world.first(`/v3/apps/${app}/processes`);
  const answer = await world.flow.internal("GET", `/internal/apps/${webGuid}/ssh_access/0`);
  assert.equal(answer.status, 401);
  assert.equal((await types()).filter((type) => type === "audit.app.ssh-unauthorized").length, 1);
  const { organizations, spaces } = world.things as Record<string, string>;
  const enter = async (role: "space_developer" | "space_auditor") => {
    const authorization = `bearer ${await tokenOf(world, role, organizations!, spaces!)}`;
    return world.flow.internal("GET", `/internal/apps/${webGuid}/ssh_access/0`, "", { authorization });
  };
  const entered = await enter("space_developer");
  assert.equal(entered.status, 200);
  assert.match((JSON.parse(entered.text) as { process_guid: string }).process_guid, new RegExp(`^${webGuid}-`));
  assert.equal((await enter("space_auditor")).status, 403);
  const seen = await types();
  assert.equal(seen.filter((type) => type === "audit.app.ssh-authorized").length, 1);
  assert.equal(seen.filter((type) => type === "audit.app.ssh-unauthorized").length, 2);
});

test("a cell fetches droplets", async () => {
  const { droplets } = world.things as Record<string, string>;
  assert.equal((await world.flow.internal("GET", `/staging/v3/droplets/${droplets}/download`)).text, "droplet bits");
});

test("drains are listed by URL with the apps that log to them", async () => {
  const drain = "syslog-tls://logs.example.com:6514";
  const instance = await world.userProvided(space, { syslog_drain_url: drain, credentials: { cert: "c", key: "k" } });
  await world.binding(instance, world.things["apps"]!);
  const answer = await world.flow.internal("GET", "/internal/v5/syslog_drain_urls?batch_size=10");
  const { results, next_id: next } = JSON.parse(answer.text) as {
    results: { url: string; credentials: { cert: string; key: string; ca: string; apps: { app_id: string }[] }[] }[];
    next_id: number | null;
  };
  assert.deepEqual([results.length, next], [1, 10]);
  assert.equal(results[0]!.url, drain);
  const [group] = results[0]!.credentials;
  assert.deepEqual([group!.cert, group!.key, group!.ca], ["c", "k", ""]);
  assert.deepEqual(
    group!.apps.map(({ app_id: guid }) => guid),
    [world.things["apps"]],
  );
  const after = await world.flow.internal("GET", "/internal/v5/syslog_drain_urls?next_id=10");
  assert.deepEqual(JSON.parse(after.text), { results: [], next_id: null });
  assert.equal((await world.flow.internal("GET", "/internal/v5/syslog_drain_urls?next_id=x")).status, 400);
  assert.equal(drainHostname("my org", "dev_1-", "äpp"), "my-org.dev1.pp");
});

test("changed security groups are told by their time", async () => {
  const latest = async (): Promise<string> => {
    const { text } = await world.flow.internal("GET", "/internal/v4/asg_latest_update");
    return (JSON.parse(text) as { last_update: string }).last_update;
  };
  const before = await latest();
  assert.match(before, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/);
  await world.securityGroup(space);
  assert.ok((await latest()) > before);
});
