import { type BenchWorld, spacesOfUser } from "./_cc-rows.ts";

/** One thing that is measured. */
export interface Measured {
  readonly name: string;
  readonly budgetMs?: number;
  /** Each asks once; several requests in a list are asked one after the other. */
  readonly lists: readonly (readonly string[])[];
  /** The same page from the database alone: a statement for the rows and one for their number. */
  readonly bare?: readonly string[];
  /** Also asked of larger and smaller stores. */
  readonly curve?: true;
}

const ROUNDS = 30;

/** Of the caller's spaces alone; for an admin no condition. */
const OF_SPACES = (column: string, admin: boolean): string =>
  admin
    ? ""
    : `WHERE ${column} IN (SELECT space_guid FROM roles WHERE user_guid = 'user-0-guid' AND space_guid IS NOT NULL)`;

/** What is asked with one caller's token. */
export function measuredRequests(world: BenchWorld, admin: boolean): Measured[] {
  const same = (path: string) => Array.from({ length: ROUNDS }, () => [path]);
  const each = (make: (index: number) => string) => Array.from({ length: ROUNDS }, (_, index) => [make(index)]);
  const [space] = spacesOfUser(0, world.spaces);
  const visible = admin ? world.apps : spacesOfUser(0, world.spaces).flatMap(({ apps }) => apps);
  const app = (index: number): string => visible[(index * 389) % visible.length]!;
  const page = (table: string, column: string, order = "id", offset = 0): string[] => [
    `SELECT * FROM ${table} ${OF_SPACES(column, admin)} ORDER BY ${order} LIMIT 50 OFFSET ${offset}`,
    `SELECT count(*) AS n FROM ${table} ${OF_SPACES(column, admin)}`,
  ];
  const lastPage = Math.max(1, Math.floor(visible.length / 50));
  const apps = "GET /v3/apps?per_page=50";
  return [
    {
      name: apps,
      budgetMs: 15,
      lists: same("/v3/apps?per_page=50"),
      bare: page("apps", "space_guid"),
      curve: true,
    },
    {
      name: `${apps}&include=space.organization`,
      budgetMs: 25,
      lists: same("/v3/apps?per_page=50&include=space.organization"),
    },
    {
      name: `${apps}&label_selector=team=team-7`,
      budgetMs: 25,
      lists: each((index) => `/v3/apps?per_page=50&label_selector=team%3Dteam-${index}`),
      curve: true,
    },
    {
      name: `${apps}&label_selector=stage=production`,
      budgetMs: 25,
      lists: same("/v3/apps?per_page=50&label_selector=stage%3Dproduction"),
      curve: true,
    },
    {
      name: `${apps}&order_by=-updated_at`,
      lists: same("/v3/apps?per_page=50&order_by=-updated_at"),
      bare: page("apps", "space_guid", "updated_at DESC"),
      curve: true,
    },
    {
      name: `${apps}&order_by=name`,
      lists: same("/v3/apps?per_page=50&order_by=name"),
      bare: page("apps", "space_guid", "name"),
      curve: true,
    },
    {
      name: `${apps}&page=(the last)`,
      lists: same(`/v3/apps?per_page=50&page=${lastPage}`),
      bare: page("apps", "space_guid", "id", (lastPage - 1) * 50),
      curve: true,
    },
    { name: "GET /v3/apps/:guid", budgetMs: 3, lists: each((index) => `/v3/apps/${app(index)}`), curve: true },
    {
      name: "cf apps (in a space with 50 apps)",
      budgetMs: 150,
      lists: Array.from({ length: 12 }, () => [
        "/",
        `/v3/apps?order_by=name&per_page=5000&space_guids=${space!.guid}`,
        `/v3/processes?embed=process_instances&space_guids=${space!.guid}`,
        `/v3/routes?app_guids=${space!.apps.join(",")}`,
      ]),
      curve: true,
    },
    {
      name: "GET /v3/routes?per_page=50",
      lists: same("/v3/routes?per_page=50"),
      bare: page("routes", "space_guid"),
      curve: true,
    },
    {
      name: "GET /v3/service_instances?per_page=50",
      lists: same("/v3/service_instances?per_page=50"),
      bare: page("service_instances", "space_guid"),
      curve: true,
    },
    {
      name: "GET /v3/service_credential_bindings?per_page=50",
      lists: same("/v3/service_credential_bindings?per_page=50"),
    },
    { name: "GET /v3/processes?per_page=50", lists: same("/v3/processes?per_page=50"), curve: true },
    {
      name: "GET /v3/spaces?per_page=50",
      lists: same("/v3/spaces?per_page=50"),
      bare: page("spaces", "guid"),
      curve: true,
    },
    { name: "GET /v3/organizations?per_page=50", lists: same("/v3/organizations?per_page=50"), curve: true },
    { name: "GET /v3/roles?per_page=50", lists: same("/v3/roles?per_page=50"), curve: true },
    {
      name: "GET /v3/audit_events?per_page=50",
      lists: same("/v3/audit_events?per_page=50"),
      bare: page("audit_events", "space_guid"),
      curve: true,
    },
    {
      name: "GET /v3/audit_events, the newest first",
      lists: same("/v3/audit_events?per_page=50&order_by=-created_at"),
      bare: page("audit_events", "space_guid", "created_at DESC"),
    },
    {
      name: "GET /v3/audit_events of an app",
      lists: each((index) => `/v3/audit_events?per_page=50&target_guids=${app(index)}&order_by=-created_at`),
    },
    ...(admin ? [{ name: "GET /v3/users?per_page=50", lists: same("/v3/users?per_page=50") }] : []),
  ];
}

/** Endless requests as developers' commands and consoles make them, by weight; `pick(n)` is any number below n. */
export function* everydayRequests(
  world: BenchWorld,
  pick: (below: number) => number,
): Iterable<{ readonly user: number; readonly method: string; readonly path: string; readonly body?: string }> {
  for (let made = 0; ; made++) {
    const user = pick(180);
    const spaces = spacesOfUser(user, world.spaces).filter((space) => space.apps.length > 0);
    const space = spaces[pick(spaces.length)]!;
    const app = space.apps[pick(space.apps.length)]!;
    let chance = pick(100);
    const get = (path: string) => ({ user, method: "GET", path });
    const choices: readonly [number, () => { user: number; method: string; path: string; body?: string }][] = [
      [30, () => get(`/v3/apps/${app}`)],
      [8, () => get("/v3/apps?per_page=50")],
      [8, () => get(`/v3/apps?order_by=name&per_page=5000&space_guids=${space.guid}`)],
      [8, () => get(`/v3/processes?embed=process_instances&space_guids=${space.guid}`)],
      [8, () => get(`/v3/routes?app_guids=${space.apps.join(",")}`)],
      [5, () => get(`/v3/apps/${app}/processes`)],
      [5, () => get(`/v3/apps/${app}/env`)],
      [4, () => get(`/v3/spaces?per_page=50&organization_guids=${space.organization}`)],
      [4, () => get("/v3/organizations?per_page=50")],
      [4, () => get(`/v3/service_instances?per_page=5000&space_guids=${space.guid}`)],
      [3, () => get(`/v3/service_credential_bindings?app_guids=${app}&include=service_instance`)],
      [4, () => get(`/v3/audit_events?per_page=50&target_guids=${app}&order_by=-created_at`)],
      [2, () => get(`/v3/roles?space_guids=${space.guid}&include=user`)],
      [1, () => get("/v3/apps?per_page=50&include=space.organization&label_selector=team%3Dteam-7")],
      [
        4,
        () => {
          const body = JSON.stringify({ metadata: { labels: { touched: String(made % 1_000) } } });
          return { user, method: "PATCH", path: `/v3/apps/${app}`, body };
        },
      ],
      [2, () => createApp(user, `made-${made}`, space.guid)],
    ];
    for (const [weight, make] of choices) {
      chance -= weight;
      if (chance >= 0) continue;
      yield make();
      break;
    }
  }
}

export function createApp(user: number, name: string, space: string) {
  const body = JSON.stringify({ name, relationships: { space: { data: { guid: space } } } });
  return { user, method: "POST", path: "/v3/apps", body };
}
