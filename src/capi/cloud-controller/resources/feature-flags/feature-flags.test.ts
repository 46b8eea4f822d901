import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { tokenOf } from "../../testing/asked.ts";
import type { Answer } from "../../testing/boot-cc.ts";
import { related, World } from "../../testing/world.ts";

let world: World;
let ask: (method: string, path: string, body?: unknown) => Promise<Answer>;

before(async () => {
  world = await World.boot();
  const { organizations, spaces, friend } = world.things as Record<string, string>;
  const token = await tokenOf(world, "space_developer", organizations!, spaces!, friend!);
  ask = (method, path, body) => world.flow.cc.fetch(method, path, body, { authorization: `bearer ${token}` });
});
after(() => world[Symbol.asyncDispose]());

const thing = (kind: string): string => world.things[kind]!;
const app = (type: string, data = {}) => ({
  name: world.name("app"),
  lifecycle: { type, data },
  ...related({ space: thing("spaces") }),
});

/** What each flag allows to a space developer. */
const GUARDED: Readonly<Record<string, () => Promise<Answer>>> = {
  app_bits_upload: () => ask("POST", "/v3/resource_matches", { resources: [] }),
  app_scaling: () => ask("POST", `/v3/processes/${thing("processes")}/actions/scale`, { instances: 1 }),
  route_creation: () =>
    ask("POST", "/v3/routes", {
      host: world.name("host"),
      ...related({ space: thing("spaces"), domain: thing("domains") }),
    }),
  service_instance_creation: () =>
    ask("POST", "/v3/service_instances", {
      type: "user-provided",
      name: world.name("instance"),
      ...related({ space: thing("spaces") }),
    }),
  diego_docker: () => ask("POST", "/v3/apps", app("docker")),
  diego_cnb: () => ask("POST", "/v3/apps", app("cnb", { buildpacks: [] })),
  task_creation: () => ask("POST", `/v3/apps/${thing("apps")}/tasks`, { command: "true" }),
  env_var_visibility: () => ask("GET", `/v3/apps/${thing("apps")}/env`),
  space_developer_env_var_visibility: () => ask("GET", `/v3/apps/${thing("apps")}/env`),
  route_sharing: () => ask("GET", `/v3/routes/${thing("routes")}/relationships/shared_spaces`),
  service_instance_sharing: () =>
    ask("POST", `/v3/service_instances/${thing("managed")}/relationships/shared_spaces`, {
      data: [{ guid: thing("friend") }],
    }),
};

async function set(flag: string, enabled: boolean, message: string | null): Promise<void> {
  const body = { enabled, custom_error_message: message };
  const { status } = await world.flow.call("PATCH", `/v3/feature_flags/${flag}`, body);
  assert.equal(status, 200, flag);
}

for (const [flag, attempt] of Object.entries(GUARDED)) {
  test(`${flag} is honoured, and says what the operator wrote`, async () => {
    for (const message of [null, "Ask the operators."]) {
      await set(flag, false, message);
      const { status, body } = await attempt();
      const [error] = (body as { errors: { title: string; detail: string }[] }).errors;
      const detail = `Feature Disabled: ${message ?? flag}`;
      assert.deepEqual([status, error!.title, error!.detail], [403, "CF-FeatureDisabled", detail]);
    }
    await set(flag, true, null);
    const allowed = await attempt();
    assert.notEqual(allowed.status, 403, JSON.stringify(allowed.body));
  });
}

test("without resource_matching nothing matches, and nobody is refused", async () => {
  await set("resource_matching", false, null);
  const resources = [{ checksum: { value: "0".repeat(40) }, size_in_bytes: 70_000 }];
  const answer = await ask("POST", "/v3/resource_matches", { resources });
  assert.deepEqual([answer.status, answer.body], [201, { resources: [] }]);
});

test("with user_org_creation anybody makes an organization and is its manager", async () => {
  const name = world.name("own");
  assert.equal((await ask("POST", "/v3/organizations", { name })).status, 403);
  await set("user_org_creation", true, null);
  const made = await ask("POST", "/v3/organizations", { name });
  assert.equal(made.status, 201);
  const { guid } = made.body as { guid: string };
  assert.equal((await ask("PATCH", `/v3/organizations/${guid}`, { name: `${name}-again` })).status, 200);
});

test("only flags that exist can be set, with a message of printable text", async () => {
  assert.equal((await world.flow.call("PATCH", "/v3/feature_flags/nothing", { enabled: true })).status, 404);
  const empty = await world.flow.call("PATCH", "/v3/feature_flags/diego_docker", { enabled: "yes" });
  assert.equal(empty.status, 422);
});
