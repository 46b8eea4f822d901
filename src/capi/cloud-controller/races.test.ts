import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Answer } from "./testing/boot-cc.ts";
import { related, World } from "./testing/world.ts";

// Many ask for the same thing at once: what must be unique is made once, and no quota is ever overshot.

const AT_ONCE = 50;
const LIMIT = 3;
const APPS = 8;

let world: World;
let organization: string;
let space: string;
let app: string;
let domain: string;

before(async () => {
  world = await World.boot();
  const things = world.things as Record<string, string>;
  organization = things["organizations"]!;
  space = things["spaces"]!;
  app = things["apps"]!;
  domain = things["domains"]!;
});
after(() => world[Symbol.asyncDispose]());

/** Asks all at once; gives how many succeeded. Everybody else must be told 422. */
async function race(ask: (number: number) => Promise<Answer>): Promise<number> {
  const answers = await Promise.all(Array.from({ length: AT_ONCE }, (_, number) => ask(number)));
  const refused = answers.filter(({ status }) => status >= 300);
  for (const { status, body } of refused) assert.equal(status, 422, JSON.stringify(body));
  return answers.length - refused.length;
}

const UNIQUE: Readonly<Record<string, () => { readonly path: string; readonly body: object }>> = {
  "organization name": () => ({ path: "organizations", body: { name: "race" } }),
  "space name": () => ({ path: "spaces", body: { name: "race", ...related({ organization }) } }),
  "app name": () => ({ path: "apps", body: { name: "race", ...related({ space }) } }),
  "domain name": () => ({ path: "domains", body: { name: "race.example.com" } }),
  route: () => ({ path: "routes", body: { host: "race", ...related({ space, domain }) } }),
  "security group name": () => ({ path: "security_groups", body: { name: "race" } }),
  "isolation segment name": () => ({ path: "isolation_segments", body: { name: "race" } }),
  "organization quota name": () => ({ path: "organization_quotas", body: { name: "race" } }),
  "space quota name": () => ({ path: "space_quotas", body: { name: "race", ...related({ organization }) } }),
  "stack name": () => ({ path: "stacks", body: { name: "race" } }),
  "buildpack name": () => ({ path: "buildpacks", body: { name: "race" } }),
  "sidecar name": () => ({
    path: `apps/${app}/sidecars`,
    body: { name: "race", command: "c", process_types: ["web"] },
  }),
  "user guid": () => ({ path: "users", body: { guid: "race" } }),
  role: () => ({
    path: "roles",
    body: { type: "space_manager", ...related({ user: world.things["users"]!, space }) },
  }),
  "route policy": () => ({
    path: "route_policies",
    body: { source: `cf:space:${space}`, ...related({ route: world.things["routes"]! }) },
  }),
  "service instance name": () => ({
    path: "service_instances",
    body: { type: "user-provided", name: "race", ...related({ space }) },
  }),
};

for (const [rule, request] of Object.entries(UNIQUE)) {
  test(`unique ${rule}: of ${AT_ONCE} at once one is made`, async () => {
    const { path, body } = request();
    assert.equal(await race(() => world.flow.call("POST", `/v3/${path}`, body)), 1);
  });
}

test(`unique binding of an app to an instance: of ${AT_ONCE} at once one is made`, async () => {
  const instance = await world.userProvided(space);
  const body = { type: "app", ...related({ service_instance: instance, app }) };
  assert.equal(await race(() => world.flow.call("POST", "/v3/service_credential_bindings", body)), 1);
});

test("tasks started at once have numbers of their own", async () => {
  const fresh = (await world.builtApp(space))["apps"]!;
  const answers = await Promise.all(
    Array.from({ length: AT_ONCE }, () => world.flow.call("POST", `/v3/apps/${fresh}/tasks`, { command: "true" })),
  );
  const numbers = answers.map(({ body }) => (body as { sequence_id: number }).sequence_id);
  assert.equal(new Set(numbers).size, AT_ONCE);
});

/** A space in an organization with this quota (or with the quota on the space itself). */
async function limited(kind: "organization" | "space", quota: object): Promise<{ home: string; owner: string }> {
  const owner = await world.organization();
  const home = await world.space(owner);
  const name = world.name("limit");
  if (kind === "organization") {
    const relationships = { organizations: { data: [{ guid: owner }] } };
    await world.make("organization_quotas", { name, ...quota, relationships });
  } else {
    const relationships = { organization: { data: { guid: owner } }, spaces: { data: [{ guid: home }] } };
    await world.make("space_quotas", { name, ...quota, relationships });
  }
  return { home, owner };
}

for (const kind of ["organization", "space"] as const) {
  test(`quota of ${kind === "space" ? "a" : "an"} ${kind}: ${AT_ONCE} routes at once never exceed it`, async () => {
    const { home, owner } = await limited(kind, { routes: { total_routes: LIMIT } });
    const own = await world.make("domains", {
      name: `${world.name("r")}.example.com`,
      ...related({ organization: owner }),
    });
    const made = await race((number) =>
      world.flow.call("POST", "/v3/routes", { host: `h${number}`, ...related({ space: home, domain: own }) }),
    );
    assert.equal(made, LIMIT);
  });

  test(`quota of ${kind === "space" ? "a" : "an"} ${kind}: apps that start at once never exceed its memory`, async () => {
    const { home } = await limited(kind, { apps: { total_memory_in_mb: LIMIT * 1024 } });
    const apps: string[] = [];
    for (let number = 0; number < APPS; number++) {
      const { apps: built } = await world.builtApp(home); // staging counts too, so none runs meanwhile
      await world.flow.call("POST", `/v3/apps/${built}/actions/stop`);
      apps.push(built!);
    }
    assert.equal(await startedIn(home), 0);
    await Promise.all(apps.map((guid) => world.flow.call("POST", `/v3/apps/${guid}/actions/start`)));
    assert.equal(await startedIn(home), LIMIT);
  });

  test(`quota of ${kind === "space" ? "a" : "an"} ${kind}: instances scaled at once never exceed it`, async () => {
    const { home } = await limited(kind, { apps: { total_instances: LIMIT } });
    const { apps } = await world.builtApp(home);
    await race((number) =>
      world.flow.call("POST", `/v3/apps/${apps}/processes/web/actions/scale`, { instances: 1 + (number % 6) }),
    );
    const process = await world.flow.call("GET", `/v3/apps/${apps}/processes/web`);
    const { instances } = process.body as { instances: number };
    assert.ok(instances <= LIMIT, `${instances} instances`);
  });

  test(`quota of ${kind === "space" ? "a" : "an"} ${kind}: tasks started at once never exceed it`, async () => {
    const { home } = await limited(kind, { apps: { per_app_tasks: LIMIT } });
    const { apps } = await world.builtApp(home);
    assert.equal(await race(() => world.flow.call("POST", `/v3/apps/${apps}/tasks`, { command: "true" })), LIMIT);
  });
}

test(`quota of an organization: ${AT_ONCE} private domains at once never exceed it`, async () => {
  const { owner } = await limited("organization", { domains: { total_domains: LIMIT } });
  const made = await race((number) =>
    world.flow.call("POST", "/v3/domains", { name: `p${number}.race.org`, ...related({ organization: owner }) }),
  );
  assert.equal(made, LIMIT);
});

async function startedIn(home: string): Promise<number> {
  const { body } = await world.flow.call("GET", `/v3/apps?space_guids=${home}`);
  return (body as { resources: { state: string }[] }).resources.filter(({ state }) => state === "STARTED").length;
}
