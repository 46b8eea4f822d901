import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { pathOf, tokenOf } from "./testing/asked.ts";
import { countStatements } from "./testing/count-statements.ts";
import { readEndpoints } from "./testing/endpoints.ts";
import { related, World } from "./testing/world.ts";

// A list costs the same number of statements whether it shows two things or all of them: nothing is looked up thing by thing.

/** How many of each kind there are at least. */
const MANY = 8;
const SHOWN = [2, 100] as const;
const TRIES = 3;

/** What lists show besides, by path. */
const ALSO: Readonly<Record<string, readonly string[]>> = {
  "/v3/apps": ["include=space.organization", "label_selector=a", "names=x"],
  "/v3/spaces": ["include=organization"],
  "/v3/routes": ["include=domain,space.organization,route_policies"],
  "/v3/roles": ["include=user,organization,space"],
  "/v3/route_policies": ["include=source,route"],
  "/v3/service_credential_bindings": ["include=app,service_instance"],
  "/v3/service_instances": ["fields[space]=guid,name&fields[space.organization]=guid,name"],
  "/v3/processes": ["embed=process_instances"],
};

const LISTS = readEndpoints()
  .filter(({ method, outcomes }) => method === "GET" && outcomes !== null)
  .flatMap((endpoint) => ["", ...(ALSO[endpoint.path] ?? [])].map((query) => ({ endpoint, query })));

let world: World;
let tokens: readonly string[];

before(async () => {
  world = await World.boot();
  const { organizations, spaces, apps, domains } = world.things as Record<string, string>;
  for (let made = 0; made < MANY; made++) {
    await world.make(`apps/${apps}/tasks`, { command: "true" });
    await world.make(`apps/${apps}/sidecars`, { name: world.name("s"), command: "c", process_types: ["web"] });
    await world.make("packages", { type: "bits", ...related({ app: apps! }) });
    await world.make("droplets", related({ app: apps! }));
    await world.make("domains", {
      name: `${world.name("d")}.example.com`,
      ...related({ organization: organizations! }),
    });
    await world.app(spaces!);
    await world.binding(await world.userProvided(spaces!), apps!);
    await world.securityGroup(spaces!);
    await world.isolationSegment(organizations!);
    await world.make("stacks", { name: world.name("stack") });
    await world.make("buildpacks", { name: world.name("buildpack") });
    const route = await world.route(spaces!, domains!);
    const destinations = [{ app: { guid: apps } }];
    await world.flow.call("POST", `/v3/routes/${route}/destinations`, { destinations });
    await world.make("route_policies", { source: `cf:app:${apps}`, ...related({ route }) });
    const member = (await world.member(organizations!)).slice(0, -"-guid".length);
    await world.role(member, "space_auditor", "", spaces!);
    const quota = await world.make("space_quotas", {
      name: world.name("q"),
      ...related({ organization: organizations! }),
    });
    const space = await world.space(organizations!);
    await world.make(`space_quotas/${quota}/relationships/spaces`, { data: [{ guid: space }] });
    await world.builtApp(spaces!);
    await world.make("organization_quotas", {
      name: world.name("q"),
      relationships: { organizations: { data: [{ guid: await world.organization() }] } },
    });
  }
  tokens = [
    await world.flow.cc.token("admin", ["cloud_controller.admin"]),
    await tokenOf(world, "space_developer", organizations!, spaces!),
  ];
});
after(() => world[Symbol.asyncDispose]());

test("every list asks the database as often for many things as for few", async () => {
  const wrong: string[] = [];
  let measured = 0;
  for (const { endpoint, query } of LISTS) {
    const path = `${pathOf(endpoint, world.things)}?${query}`;
    for (const token of tokens) {
      const [few, many] = [await measure(path, SHOWN[0], token), await measure(path, SHOWN[1], token)];
      if (few === null || many === null || many.shown <= few.shown) continue; // no list, or a short one
      measured++;
      assert.ok(few.statements > 0);
      if (many.statements !== few.statements) {
        wrong.push(`${path}: ${few.statements} for ${few.shown}, ${many.statements} for ${many.shown}`);
      }
    }
  }
  assert.deepEqual(wrong, []);
  assert.ok(measured >= 70, `${measured} lists with something in them`);
});

/** Null: the caller may not see it, or it is no list. */
async function measure(path: string, perPage: number, token: string): Promise<Measured | null> {
  const address = `${path}&per_page=${perPage}`;
  const headers = { authorization: `bearer ${token}` };
  let statements = Number.POSITIVE_INFINITY;
  let shown = 0;
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const { count, answer } = await countStatements(() => world.flow.cc.fetch("GET", address, undefined, headers));
    const { resources, pagination } = (answer.body ?? {}) as { resources?: unknown[]; pagination?: object };
    if (answer.status !== 200 || resources === undefined || pagination === undefined) return null;
    statements = Math.min(statements, count);
    shown = resources.length;
  }
  return { statements, shown };
}

interface Measured {
  readonly statements: number;
  readonly shown: number;
}
