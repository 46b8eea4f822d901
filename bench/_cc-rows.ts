import { randomUUID } from "node:crypto";
import type { Seal } from "../src/kit/seal.ts";

/** How much there is. The other numbers follow from `apps`, in the proportions of a foundation that is lived in. */
export interface Amount {
  readonly apps: number;
  readonly auditEvents: number;
}

export type BenchRow = Readonly<Record<string, string | number | null>>;
export type Insert = (table: string, rows: Iterable<BenchRow>) => Promise<void>;

export interface BenchSpace {
  readonly guid: string;
  readonly organization: string;
  readonly apps: string[];
  readonly instances: string[];
}

/** What was written, as far as requests name it. */
export interface BenchWorld {
  readonly organizations: readonly string[];
  readonly spaces: readonly BenchSpace[];
  readonly apps: readonly string[];
  /** Users' names; the guid of each is `NAME-guid`. The first is a developer in the large spaces. */
  readonly users: readonly string[];
}

/** Spaces with this many apps; all others share the rest. */
export const LARGE_SPACES = 20;
export const LARGE_SPACE_APPS = 50;
const SPACES_OF_USER = 10;
const BATCH = 2_000;
const START_MS = Date.parse("2026-01-01T00:00:00Z");
const TEAMS = 100;
const STAGES = ["production", "staging", "development"];

/** Writes organizations, spaces, people with roles, apps with all that they have, routes, service instances and audit events. */
export async function fillStore(
  insert: Insert,
  amount: Amount,
  seal: Seal,
  known: { readonly domain: string; readonly quota: string; readonly plan: string },
): Promise<BenchWorld> {
  let made = 0;
  const stamp = (guid: string = randomUUID()) => {
    const at = START_MS + made++ * 1_000;
    return { guid, created_at: at, updated_at: at };
  };
  const list = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));
  const organizations = list(Math.max(10, amount.apps / 10), () => randomUUID());
  const spaces: BenchSpace[] = list(Math.max(50, amount.apps / 2), (index) => ({
    guid: randomUUID(),
    organization: organizations[index % organizations.length]!,
    apps: [],
    instances: [],
  }));
  const large = LARGE_SPACES * LARGE_SPACE_APPS;
  const spaceOfApp = (index: number): BenchSpace =>
    spaces[index < large ? index % LARGE_SPACES : LARGE_SPACES + (index % (spaces.length - LARGE_SPACES))]!;
  const apps = list(amount.apps, (index) => {
    const guid = randomUUID();
    spaceOfApp(index).apps.push(guid);
    return guid;
  });
  const users = list(Math.max(200, amount.apps / 5), (index) => `user-${index}`);

  await insert(
    "organizations",
    organizations.map((guid, index) => ({
      ...stamp(guid),
      name: `organization-${index}`,
      status: "active",
      quota_guid: known.quota,
    })),
  );
  await insert(
    "spaces",
    spaces.map(({ guid, organization }, index) => ({
      ...stamp(guid),
      name: `space-${index}`,
      organization_guid: organization,
      allow_ssh: 1,
      status: "active",
    })),
  );
  await insert(
    "users",
    users.map((name) => ({ ...stamp(`${name}-guid`), is_oauth_client: 0 })),
  );
  await insert("roles", rolesOf(users, spaces, stamp));
  await insertApps(insert, apps, spaceOfApp, seal, stamp);
  await insertRoutes(insert, apps, spaceOfApp, known.domain, stamp);
  await insertServices(insert, apps, spaceOfApp, known.plan, seal, stamp);
  await insert("audit_events", auditEvents(amount.auditEvents, apps, spaceOfApp, stamp));
  return { organizations, spaces, apps, users };
}

type Stamp = (guid?: string) => { guid: string; created_at: number; updated_at: number };
type SpaceOf = (appIndex: number) => BenchSpace;

/** The spaces where a user develops. */
export function spacesOfUser(user: number, spaces: readonly BenchSpace[]): BenchSpace[] {
  if (user === 0) return spaces.slice(0, LARGE_SPACES);
  return Array.from({ length: SPACES_OF_USER }, (_, index) => spaces[(user * 37 + index * 101) % spaces.length]!);
}

function* rolesOf(users: readonly string[], spaces: readonly BenchSpace[], stamp: Stamp): Iterable<BenchRow> {
  for (const [index, name] of users.entries()) {
    const user = { user_guid: `${name}-guid` };
    const places = new Set(spacesOfUser(index, spaces));
    for (const organization of new Set([...places].map((space) => space.organization))) {
      const role = { ...user, organization_guid: organization, space_guid: null };
      yield { ...stamp(), type: "organization_user", ...role };
      if (index % 50 === 49) yield { ...stamp(), type: "organization_manager", ...role };
    }
    for (const { guid } of places) {
      yield { ...stamp(), type: "space_developer", ...user, organization_guid: null, space_guid: guid };
    }
  }
}

async function insertApps(
  insert: Insert,
  apps: readonly string[],
  spaceOf: SpaceOf,
  seal: Seal,
  stamp: Stamp,
): Promise<void> {
  const variables = (index: number): string =>
    seal.seal(JSON.stringify({ LOG_LEVEL: "info", DATABASE_POOL: String(index % 20), FEATURE: `feature-${index}` }));
  const lifecycle = { buildpacks: ["nodejs_buildpack"], stack: "cflinuxfs4" };
  for (let start = 0; start < apps.length; start += BATCH) {
    const batch = apps.slice(start, start + BATCH).map((guid, offset) => ({
      guid,
      index: start + offset,
      droplet: randomUUID(),
      package: randomUUID(),
      web: randomUUID(),
      revision: randomUUID(),
      state: (start + offset) % 5 === 4 ? "STOPPED" : "STARTED",
    }));
    await insert(
      "apps",
      batch.map(({ guid, index, droplet, state }) => ({
        ...stamp(guid),
        name: `app-${index}`,
        space_guid: spaceOf(index).guid,
        desired_state: state,
        lifecycle_type: "buildpack",
        lifecycle_data: JSON.stringify(lifecycle),
        environment_variables: variables(index),
        droplet_guid: droplet,
        enable_ssh: 1,
        revisions_enabled: 1,
      })),
    );
    await insert(
      "processes",
      batch.flatMap((app) => [
        processRow(app, "web", 2, stamp(app.web)),
        ...(app.index % 4 === 0 ? [processRow(app, "worker", 0, stamp())] : []),
      ]),
    );
    await insert(
      "packages",
      batch.map((app) => ({ ...stamp(app.package), app_guid: app.guid, type: "bits", state: "READY" })),
    );
    await insert(
      "droplets",
      batch.map((app) => ({
        ...stamp(app.droplet),
        app_guid: app.guid,
        package_guid: app.package,
        state: "STAGED",
        lifecycle_type: "buildpack",
        buildpacks: JSON.stringify([{ name: "nodejs_buildpack", detect_output: "nodejs", version: "1.8.0" }]),
        stack: "cflinuxfs4",
        process_types: JSON.stringify({ web: "npm start" }),
      })),
    );
    await insert(
      "revisions",
      batch.map((app) => ({
        ...stamp(app.revision),
        app_guid: app.guid,
        version: 1,
        droplet_guid: app.droplet,
        description: "Initial revision.",
        environment_variables: variables(app.index),
        process_commands: "{}",
        sidecars: "[]",
      })),
    );
    const metadata = (guid: string, key: string, value: string): BenchRow => {
      return { resource_type: "app", resource_guid: guid, key_prefix: "", key_name: key, value };
    };
    await insert(
      "labels",
      batch.flatMap(({ guid, index }) => [
        metadata(guid, "stage", STAGES[index % STAGES.length]!),
        metadata(guid, "team", `team-${index % TEAMS}`),
      ]),
    );
    await insert(
      "annotations",
      batch.map(({ guid, index }) => metadata(guid, "contact", `team-${index % TEAMS}@example.com`)),
    );
  }
}

function processRow(
  app: { guid: string; revision: string; state: string },
  type: string,
  instances: number,
  stamped: ReturnType<Stamp>,
): BenchRow {
  return {
    ...stamped,
    app_guid: app.guid,
    type,
    instances,
    memory_in_mb: 256,
    disk_in_mb: 1_024,
    log_rate_limit_in_bytes_per_second: -1,
    health_check_type: "port",
    state: app.state,
    version: randomUUID(),
    revision_guid: app.revision,
  };
}

/** Two routes of each app. */
async function insertRoutes(
  insert: Insert,
  apps: readonly string[],
  spaceOf: SpaceOf,
  domain: string,
  stamp: Stamp,
): Promise<void> {
  const both = apps.flatMap((app, index) => [0, 1].map((which) => ({ app, index, which, guid: randomUUID() })));
  await insert(
    "routes",
    both.map(({ index, which, guid }) => ({
      ...stamp(guid),
      host: `app-${index}-${which}`,
      path: "",
      port: 0,
      domain_guid: domain,
      space_guid: spaceOf(index).guid,
    })),
  );
  await insert(
    "route_destinations",
    both.map(({ app, guid }) => ({ ...stamp(), route_guid: guid, app_guid: app, process_type: "web" })),
  );
}

/** An instance of each app, bound to it; every third is user-provided. */
async function insertServices(
  insert: Insert,
  apps: readonly string[],
  spaceOf: SpaceOf,
  plan: string,
  seal: Seal,
  stamp: Stamp,
): Promise<void> {
  const last = JSON.stringify({ type: "create", state: "succeeded", description: "" });
  const instances = apps.map((app, index) => ({ app, index, guid: randomUUID(), managed: index % 3 !== 0 }));
  await insert(
    "service_instances",
    instances.map(({ index, guid, managed }) => {
      const space = spaceOf(index);
      space.instances.push(guid);
      return {
        ...stamp(guid),
        name: `instance-${index}`,
        type: managed ? "managed" : "user-provided",
        space_guid: space.guid,
        service_plan_guid: managed ? plan : null,
        credentials: managed ? "{}" : seal.seal(JSON.stringify({ url: `https://service-${index}.example.com` })),
        last_operation: last,
      };
    }),
  );
  await insert(
    "service_credential_bindings",
    instances.map(({ app, index, guid }) => ({
      ...stamp(),
      type: "app",
      service_instance_guid: guid,
      app_guid: app,
      credentials: seal.seal(JSON.stringify({ user: `user-${index}`, password: randomUUID() })),
      last_operation: last,
    })),
  );
}

const EVENT_TYPES = ["audit.app.update", "audit.app.start", "audit.app.process.scale", "audit.app.droplet.create"];

function* auditEvents(count: number, apps: readonly string[], spaceOf: SpaceOf, stamp: Stamp): Iterable<BenchRow> {
  for (let index = 0; index < count; index++) {
    const app = (index * 7_919) % apps.length;
    const { guid, created_at } = stamp();
    const space = spaceOf(app);
    yield {
      guid,
      created_at,
      type: EVENT_TYPES[index % EVENT_TYPES.length]!,
      actor_guid: "user-0-guid",
      actor_type: "user",
      actor_name: "user-0",
      target_guid: apps[app]!,
      target_type: "app",
      target_name: `app-${app}`,
      data: JSON.stringify({ request: { name: `app-${app}` } }),
      space_guid: space.guid,
      organization_guid: space.organization,
    };
  }
}
