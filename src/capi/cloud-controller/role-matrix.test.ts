import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Offer, offers } from "../../kit/served.ts";
import { ask, type Token, tokenOf } from "./testing/asked.ts";
import type { Answer } from "./testing/boot-cc.ts";
import { CALLS } from "./testing/calls.ts";
import { type Endpoint, type Outcome, ROLES, readEndpoints, type TableRole } from "./testing/endpoints.ts";
import { type Things, World } from "./testing/world.ts";

// Every endpoint is asked by every role: of the thing's own organization and space, of another space, of another organization, and
// without a token. What has to come out stands in testing/endpoints.tsv.

const ENDPOINTS = readEndpoints();

interface Asker {
  readonly name: string;
  /** The column that holds for him. */
  readonly as: TableRole;
  readonly role: TableRole;
  readonly token: Token;
}

let world: World;
let askers: Asker[];

const served = new Set<string>();

before(async () => {
  offers.subscribe((message) => {
    const { system, name } = message as Offer;
    if (system === "Cloud Controller") served.add(name);
  });
  world = await World.boot();
  askers = await everybody(world.things);
});
after(() => world[Symbol.asyncDispose]());

async function everybody(things: Things): Promise<Asker[]> {
  const { organizations, spaces, friend, sibling, otherOrganizations, otherSpaces } = things as Record<string, string>;
  const all: Asker[] = [];
  for (const role of ROLES) {
    all.push({ name: role, as: role, role, token: await tokenOf(world, role, organizations!, spaces!, friend!) });
    if (role.startsWith("space_")) {
      const token = await tokenOf(world, role, organizations!, sibling!);
      all.push({ name: `${role} of another space`, as: "organization_user", role, token });
    }
    if (role.startsWith("space_") || role.startsWith("organization_")) {
      const token = await tokenOf(world, role, otherOrganizations!, otherSpaces!);
      all.push({ name: `${role} of another organization`, as: "nobody", role, token });
    }
  }
  return all;
}

test("the table has each endpoint once, and no recipe without an endpoint", () => {
  const names = ENDPOINTS.map(({ method, path }) => `${method} ${path}`);
  assert.equal(new Set(names).size, names.length);
  assert.deepEqual(
    Object.keys(CALLS).filter((name) => !names.includes(name)),
    [],
  );
});

test("every route that is served has its line in the table, and every line its route", () => {
  const pattern = (route: string): RegExp =>
    new RegExp(`^${route.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replace(/:\w+/g, "[^/]+")}$`);
  const lines = ENDPOINTS.map(({ method, path }) => `${method} ${path}`);
  const routes = [...served].map((route) => ({ route, fits: pattern(route) }));
  assert.deepEqual(
    routes.filter(({ fits }) => !lines.some((line) => fits.test(line))).map(({ route }) => route),
    [],
  );
  assert.deepEqual(
    lines.filter((line) => !routes.some(({ fits }) => fits.test(line))),
    [],
  );
});

for (const endpoint of ENDPOINTS) {
  const name = `${endpoint.method} ${endpoint.path}`;
  const { outcomes } = endpoint;
  if (outcomes === null) {
    test(`${name} is open to everybody`, async () => {
      assert.equal((await ask(world, endpoint, world.things, null)).status, endpoint.status);
    });
    continue;
  }
  test(`${name} does for each role what the table says`, async () => {
    const recipe = CALLS[name] ?? {};
    const wrong: string[] = [];
    const unknown = await ask(world, endpoint, world.things, null);
    if (unknown.status !== (endpoint.open ? endpoint.status : 401)) wrong.push(`without a token: ${told(unknown)}`);
    for (const { name: who, as, role, token } of askers) {
      const ofOrganization = endpoint.path.startsWith("/v3/domains") && as === "organization_user";
      const wanted = outcomes[ofOrganization ? role : as];
      const things =
        wanted === "works" && recipe.fresh ? { ...world.things, ...(await recipe.fresh(world)) } : world.things;
      const answer = await ask(world, endpoint, things, token);
      const status = typeof wanted === "number" ? wanted : (recipe.status ?? endpoint.status);
      if (answer.status !== status) wrong.push(`${who}: ${told(answer)} instead of ${status}`);
      else if (!isListedRight(endpoint, wanted, things, answer)) wrong.push(`${who}: the list is not "${wanted}"`);
      if (answer.status === 202) await settle(answer);
    }
    assert.deepEqual(wrong, []);
  });
}

/** What even members of a suspended organization may do: it is not in the organization, or CC does not ask. */
const OUTSIDE = new Set(["POST /v3/resource_matches", "PATCH /v3/spaces/:guid/relationships/isolation_segment"]);

test("in a suspended organization nobody but admins changes anything, and everybody still sees it", async () => {
  const { organizations, spaces, friend } = world.things as Record<string, string>;
  const changes = ENDPOINTS.filter(({ method, path }) => method !== "GET" && !OUTSIDE.has(`${method} ${path}`));
  const suspend = (suspended: boolean) => world.flow.call("PATCH", `/v3/organizations/${organizations}`, { suspended });
  const wrong: string[] = [];
  for (const role of ["organization_manager", "space_manager", "space_developer", "space_supporter"] as const) {
    const token = await tokenOf(world, role, organizations!, spaces!, friend!);
    await suspend(true);
    for (const endpoint of changes.filter(({ outcomes }) => outcomes?.[role] === "works")) {
      const answer = await ask(world, endpoint, world.things, token);
      const [error] = (answer.body as { errors?: { title: string }[] } | null)?.errors ?? [];
      if (error?.title !== "CF-OrgSuspended")
        wrong.push(`${role} ${endpoint.method} ${endpoint.path}: ${told(answer)}`);
    }
    const seen = await world.flow.cc.fetch("GET", `/v3/apps/${world.things["apps"]}`, undefined, {
      authorization: `bearer ${token}`,
    });
    assert.equal(seen.status, 200);
    await suspend(false);
  }
  assert.deepEqual(wrong, []);
});

/** Of a list of the kind itself (not one under another thing): the thing is in it, or it is not. */
function isListedRight({ method, path }: Endpoint, wanted: Outcome, things: Things, { body }: Answer): boolean {
  const kind = path.split("/")[2] ?? "";
  const guid = things[kind];
  if (method !== "GET" || path !== `/v3/${kind}` || guid === undefined) return true;
  const { resources } = body as { resources: { guid: string }[] };
  return resources.some((resource) => resource.guid === guid) === (wanted === "works");
}

async function settle(answer: Answer): Promise<void> {
  if (answer.headers.get("location")?.includes("/v3/jobs/")) await world.flow.cc.job(answer);
}

function told({ status, body }: Answer): string {
  const [error] = (body as { errors?: { detail: string }[] } | null)?.errors ?? [];
  return error === undefined ? String(status) : `${status} (${error.detail})`;
}
