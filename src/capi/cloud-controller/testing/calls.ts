import type { Things, World } from "./world.ts";
import { related } from "./world.ts";

/** How an endpoint is asked so that it works: a body, and for what it uses up something new each time. */
export interface CallRecipe {
  /** `things` are the world's, with what `fresh` made in front. */
  readonly body?: (things: Things, world: World) => unknown;
  readonly query?: string;
  /** Whoever may do it is refused for another reason. */
  readonly status?: number;
  /** Sent as it stands, with this content type. */
  readonly contentType?: string;
  /** Makes what this call changes for good. */
  readonly fresh?: (world: World) => Promise<Things>;
}

const label = { body: () => ({ metadata: { labels: { a: "b" } } }) };
const data = (kind: string) => (things: Things) => ({ data: { guid: things[kind] } });
const list = (kind: string) => (things: Things) => ({ data: [{ guid: things[kind] }] });
const newApp = async (world: World) => ({ apps: await world.app(world.things["spaces"]!) });
const newRouting = (world: World) =>
  world.routing(world.things["organizations"]!, world.things["spaces"]!, world.things["apps"]!);
const newDeployed = (world: World) => world.deployedApp(world.things["spaces"]!);
const newBuilt = (world: World) => world.builtApp(world.things["spaces"]!);
const newPackage = async (world: World) => ({
  packages: await world.make("packages", { type: "bits", ...related({ app: world.things["apps"]! }) }),
});
const newDroplet = async (world: World) => ({
  droplets: await world.make("droplets", related({ app: world.things["apps"]! })),
});
const newQuota = async (world: World) => ({
  space_quotas: await world.make("space_quotas", {
    name: world.name("quota"),
    ...related({ organization: world.things["organizations"]! }),
  }),
});
const newInstance = async (world: World) => ({ service_instances: await world.userProvided(world.things["spaces"]!) });
const newBinding = async (world: World) => {
  const instance = await world.userProvided(world.things["spaces"]!);
  return { service_credential_bindings: await world.binding(instance, world.things["apps"]!) };
};
const sharedDomain = async (world: World): Promise<Things> => {
  const { domains } = await newRouting(world);
  const [shared, own] = [world.things["otherOrganizations"]!, domains!];
  await world.make(`domains/${own}/relationships/shared_organizations`, { data: [{ guid: shared }] });
  return { domains: own, organization: shared };
};
const sharedRoute = async (world: World): Promise<Things> => {
  const route = await world.route(world.things["spaces"]!, world.things["domains"]!);
  const space = world.things["friend"]!;
  await world.make(`routes/${route}/relationships/shared_spaces`, { data: [{ guid: space }] });
  return { routes: route, space };
};

/** What an upload carries: the field `bits` alone. */
const BOUNDARY = "boundary";
const BITS = {
  contentType: `multipart/form-data; boundary=${BOUNDARY}`,
  body: () =>
    `--${BOUNDARY}\r\ncontent-disposition: form-data; name="bits"; filename="a.tgz"\r\n\r\nbits\r\n--${BOUNDARY}--\r\n`,
};
/** An archive without entries. */
const EMPTY_ZIP = {
  contentType: `multipart/form-data; boundary=${BOUNDARY}`,
  body: () =>
    `--${BOUNDARY}\r\ncontent-disposition: form-data; name="bits"; filename="a.zip"\r\n\r\nPK\u0005\u0006${"\u0000".repeat(18)}\r\n--${BOUNDARY}--\r\n`,
};
const MANIFEST = {
  contentType: "application/x-yaml",
  body: (_: Things, world: World) => `applications: [{ name: ${world.name("manifest")} }]`,
};

/** By method and path of the table. An endpoint that is not here takes no body and changes nothing for good. */
export const CALLS: Readonly<Record<string, CallRecipe>> = {
  "POST /v3/apps": { body: (t, w) => ({ name: w.name("app"), ...related({ space: t["spaces"]! }) }) },
  "PATCH /v3/apps/:guid": label,
  "DELETE /v3/apps/:guid": { fresh: newApp },
  "PATCH /v3/apps/:guid/relationships/current_droplet": { body: data("droplets"), fresh: newBuilt },
  "PATCH /v3/apps/:guid/features/ssh": { body: () => ({ enabled: true }) },
  "PATCH /v3/apps/:guid/features/revisions": { body: () => ({ enabled: true }) },
  "POST /v3/apps/:guid/actions/stop": { fresh: newBuilt },
  "POST /v3/apps/:guid/actions/restart": { fresh: newBuilt },
  "POST /v3/apps/:guid/sidecars": {
    body: (_, w) => ({ name: w.name("sidecar"), command: "c", process_types: ["web"] }),
  },
  "PATCH /v3/sidecars/:guid": { body: () => ({ command: "d" }) },
  "DELETE /v3/sidecars/:guid": { fresh: newDeployed },
  "PATCH /v3/revisions/:guid": label,
  "PATCH /v3/apps/:guid/environment_variables": { body: () => ({ var: { A: "b" } }) },
  "PATCH /v3/processes/:guid": { ...label, fresh: appAndProcess },
  "POST /v3/processes/:guid/actions/scale": { body: () => ({ instances: 1 }), fresh: appAndProcess },
  "PATCH /v3/apps/:guid/processes/web": { ...label, fresh: appAndProcess },
  "POST /v3/apps/:guid/processes/web/actions/scale": {
    body: () => ({ instances: 1 }),
    fresh: appAndProcess,
  },
  "POST /v3/packages": { body: (t) => ({ type: "bits", ...related({ app: t["apps"]! }) }) },
  "PATCH /v3/packages/:guid": label,
  "POST /v3/packages/:guid/upload": { ...EMPTY_ZIP, fresh: newPackage },
  "DELETE /v3/packages/:guid": { fresh: newPackage },
  "POST /v3/builds": { body: (t) => ({ package: { guid: t["packages"] } }), fresh: newDeployed },
  "PATCH /v3/builds/:guid": label,
  "POST /v3/deployments": { body: (t) => related({ app: t["apps"]! }) },
  "PATCH /v3/deployments/:guid": label,
  "POST /v3/deployments/:guid/actions/cancel": { fresh: newDeployed },
  "POST /v3/deployments/:guid/actions/continue": { status: 422 },
  "POST /v3/domains": {
    body: (t, w) => ({ name: `${w.name("d")}.example.com`, ...related({ organization: t["organizations"]! }) }),
  },
  "DELETE /v3/domains/:guid": { fresh: newRouting },
  "POST /v3/domains/:guid/relationships/shared_organizations": { body: list("otherOrganizations"), fresh: newRouting },
  "DELETE /v3/domains/:guid/relationships/shared_organizations/:organization": { fresh: sharedDomain },
  "PATCH /v3/domains/:guid": label,
  "POST /v3/droplets": { body: (t) => ({ process_types: { web: "x" }, ...related({ app: t["apps"]! }) }) },
  "DELETE /v3/droplets/:guid": { fresh: newDroplet },
  "PATCH /v3/droplets/:guid": label,
  "POST /v3/droplets/:guid/upload": { ...BITS, fresh: newDroplet },
  "POST /v3/isolation_segments": { body: (_, w) => ({ name: w.name("segment") }) },
  "DELETE /v3/isolation_segments/:guid": {
    fresh: async (w) => ({ isolation_segments: await w.make("isolation_segments", { name: w.name("segment") }) }),
  },
  "PATCH /v3/isolation_segments/:guid": label,
  "POST /v3/isolation_segments/:guid/relationships/organizations": { body: list("organizations") },
  "DELETE /v3/isolation_segments/:guid/relationships/organizations/:organization": {
    fresh: async (w) => ({
      isolation_segments: await w.isolationSegment(w.things["organizations"]!),
      organization: w.things["organizations"]!,
    }),
  },
  "POST /v3/organizations": { body: (_, w) => ({ name: w.name("organization") }) },
  "PATCH /v3/organizations/:guid": label,
  "PATCH /v3/organizations/:guid/relationships/default_isolation_segment": { body: data("isolation_segments") },
  "DELETE /v3/organizations/:guid": { fresh: async (w) => ({ organizations: await w.organization() }) },
  "POST /v3/organization_quotas": { body: (_, w) => ({ name: w.name("quota") }) },
  "PATCH /v3/organization_quotas/:guid": { body: () => ({ apps: { total_instances: null } }) },
  "DELETE /v3/organization_quotas/:guid": {
    fresh: async (w) => ({ organization_quotas: await w.make("organization_quotas", { name: w.name("quota") }) }),
  },
  "POST /v3/organization_quotas/:guid/relationships/organizations": { body: list("organizations") },
  "POST /v3/resource_matches": {
    body: () => ({ resources: [{ checksum: { value: "0".repeat(40) }, size_in_bytes: 70_000 }] }),
  },
  "POST /v3/routes": {
    body: (t, w) => ({ host: w.name("host"), ...related({ space: t["spaces"]!, domain: t["domains"]! }) }),
  },
  "POST /v3/routes/:guid/relationships/shared_spaces": { body: list("friend") },
  "DELETE /v3/routes/:guid/relationships/shared_spaces/:space": { fresh: sharedRoute },
  "PATCH /v3/routes/:guid/relationships/space": { body: data("spaces") },
  "PATCH /v3/routes/:guid": label,
  "DELETE /v3/routes/:guid": { fresh: newRouting },
  "POST /v3/routes/:guid/destinations": { body: (t) => ({ destinations: [{ app: { guid: t["apps"] } }] }) },
  "PATCH /v3/routes/:guid/destinations": {
    body: (t) => ({ destinations: [{ app: { guid: t["apps"] } }] }),
    fresh: newRouting,
  },
  "DELETE /v3/routes/:guid/destinations/:destination": { fresh: newRouting },
  "PATCH /v3/routes/:guid/destinations/:destination": { body: () => ({ protocol: "http1" }), fresh: newRouting },
  "POST /v3/security_groups": { body: (_, w) => ({ name: w.name("group") }) },
  "POST /v3/security_groups/:guid/relationships/running_spaces": { body: list("spaces") },
  "POST /v3/security_groups/:guid/relationships/staging_spaces": { body: list("spaces") },
  "PATCH /v3/security_groups/:guid": { body: () => ({ rules: [] }) },
  "DELETE /v3/security_groups/:guid/relationships/running_spaces/:space": { fresh: newGroup },
  "DELETE /v3/security_groups/:guid/relationships/staging_spaces/:space": { fresh: newGroup },
  "DELETE /v3/security_groups/:guid": { fresh: newGroup },
  "PATCH /v3/spaces/:guid/features/ssh": { body: () => ({ enabled: true }) },
  "POST /v3/spaces/:guid/actions/apply_manifest": MANIFEST,
  "POST /v3/spaces/:guid/manifest_diff": MANIFEST,
  "POST /v3/space_quotas": {
    body: (t, w) => ({ name: w.name("quota"), ...related({ organization: t["organizations"]! }) }),
  },
  "PATCH /v3/space_quotas/:guid": { body: () => ({ apps: { total_instances: null } }) },
  "POST /v3/space_quotas/:guid/relationships/spaces": { body: list("spaces") },
  "DELETE /v3/space_quotas/:guid/relationships/spaces/:space": {
    fresh: async (w) => {
      const { space_quotas: quota } = await newQuota(w);
      const space = await w.space(w.things["organizations"]!);
      await w.make(`space_quotas/${quota}/relationships/spaces`, { data: [{ guid: space }] });
      return { space_quotas: quota, space };
    },
  },
  "DELETE /v3/space_quotas/:guid": { fresh: newQuota },
  "POST /v3/spaces": {
    body: (t, w) => ({ name: w.name("space"), ...related({ organization: t["organizations"]! }) }),
  },
  "PATCH /v3/spaces/:guid": label,
  "DELETE /v3/spaces/:guid": { fresh: async (w) => ({ spaces: await w.space(w.things["organizations"]!) }) },
  "DELETE /v3/spaces/:guid/routes": { query: "?unmapped=true" },
  "PATCH /v3/spaces/:guid/relationships/isolation_segment": { body: data("isolation_segments") },
  "PUT /v3/tasks/:guid/cancel": { fresh: newTask },
  "POST /v3/tasks/:guid/actions/cancel": { fresh: newTask },
  "PATCH /v3/tasks/:guid": label,
  "POST /v3/apps/:guid/tasks": { body: () => ({ command: "true" }) },
  "POST /v3/stacks": { body: (_, w) => ({ name: w.name("stack") }) },
  "PATCH /v3/stacks/:guid": label,
  "DELETE /v3/stacks/:guid": {
    fresh: async (w) => ({ stacks: await w.make("stacks", { name: w.name("stack") }) }),
  },
  "POST /v3/users": { body: (_, w) => ({ guid: w.name("user") }) },
  "PATCH /v3/users/:guid": label,
  "DELETE /v3/users/:guid": { fresh: async (w) => ({ users: await w.member(w.things["organizations"]!) }) },
  "POST /v3/buildpacks": { body: (_, w) => ({ name: w.name("buildpack") }) },
  "PATCH /v3/buildpacks/:guid": label,
  "DELETE /v3/buildpacks/:guid": { fresh: newBuildpack },
  "POST /v3/buildpacks/:guid/upload": { ...EMPTY_ZIP, status: 422, fresh: newBuildpack },
  "PATCH /v3/feature_flags/diego_docker": { body: () => ({ enabled: true }) },
  "PATCH /v3/environment_variable_groups/running": { body: () => ({ var: { A: "b" } }) },
  "POST /v3/roles": {
    body: (t) => ({ type: "space_manager", ...related({ user: t["users"]!, space: t["spaces"]! }) }),
    fresh: async (w) => ({ users: await w.member(w.things["organizations"]!) }),
  },
  "DELETE /v3/roles/:guid": {
    fresh: async (w) => {
      const user = (await w.member(w.things["organizations"]!)).slice(0, -"-guid".length);
      return { roles: await w.role(user, "space_auditor", "", w.things["spaces"]!) };
    },
  },
  "POST /v3/route_policies": {
    body: (t) => ({ source: `cf:space:${t["spaces"]}`, ...related({ route: t["routes"]! }) }),
    fresh: newRouting,
  },
  "PATCH /v3/route_policies/:guid": label,
  "DELETE /v3/route_policies/:guid": { fresh: newRouting },
  "POST /v3/service_instances": {
    body: (t, w) => ({ type: "user-provided", name: w.name("instance"), ...related({ space: t["spaces"]! }) }),
  },
  "PATCH /v3/service_instances/:guid": label,
  "DELETE /v3/service_instances/:guid": { fresh: newInstance },
  "POST /v3/service_credential_bindings": {
    body: (t) => ({ type: "app", ...related({ service_instance: t["service_instances"]!, app: t["apps"]! }) }),
    fresh: newInstance,
  },
  "POST /v3/service_instances/:managed/relationships/shared_spaces": { body: list("friend"), fresh: newManaged },
  "DELETE /v3/service_instances/:managed/relationships/shared_spaces/:friend": { fresh: sharedManaged },
  "POST /v3/service_route_bindings": {
    body: (t) => related({ service_instance: t["service_instances"]!, route: t["routes"]! }),
    fresh: newRouting,
  },
  "PATCH /v3/service_route_bindings/:guid": label,
  "DELETE /v3/service_route_bindings/:guid": {
    fresh: async (w) => {
      const { routes } = await newRouting(w);
      return { service_route_bindings: await w.routeBinding(w.things["service_instances"]!, routes!) };
    },
  },
  // What user-provided services and public plans refuse, whoever asks.
  "GET /v3/service_route_bindings/:guid/parameters": { status: 400 },
  "GET /v3/service_credential_bindings/:guid/parameters": { status: 400 },
  "DELETE /v3/service_offerings/:guid": { status: 422 },
  "DELETE /v3/service_plans/:guid": { status: 422 },
  "DELETE /v3/service_plans/:guid/visibility/:organization": { status: 422 },
  "PATCH /v3/service_offerings/:guid": label,
  "PATCH /v3/service_plans/:guid": label,
  "PATCH /v3/service_plans/:guid/visibility": { body: () => ({ type: "public" }) },
  "POST /v3/service_plans/:guid/visibility": { body: () => ({ type: "public" }) },
  "POST /v3/service_brokers": {
    body: (_, w) => ({
      name: w.name("broker"),
      url: w.brokerUrl,
      authentication: { type: "basic", credentials: { username: "u", password: "p" } },
    }),
  },
  "PATCH /v3/service_brokers/:guid": label,
  "DELETE /v3/service_brokers/:guid": {
    fresh: async (w) => {
      const name = w.name("broker");
      const authentication = { type: "basic", credentials: { username: "u", password: "p" } };
      await w.flow.cc.job(await w.flow.call("POST", "/v3/service_brokers", { name, url: w.brokerUrl, authentication }));
      return { service_brokers: await w.first(`/v3/service_brokers?names=${name}`) };
    },
  },
  "PATCH /v3/service_credential_bindings/:guid": label,
  "DELETE /v3/service_credential_bindings/:guid": { fresh: newBinding },
};

async function appAndProcess(world: World): Promise<Things> {
  const app = await world.app(world.things["spaces"]!);
  return { apps: app, processes: await world.first(`/v3/apps/${app}/processes`) };
}

async function newManaged(world: World): Promise<Things> {
  return { managed: await world.managed(world.things["spaces"]!) };
}

async function sharedManaged(world: World): Promise<Things> {
  const { managed } = await newManaged(world);
  const data = [{ guid: world.things["friend"] }];
  await world.make(`service_instances/${managed}/relationships/shared_spaces`, { data });
  return { managed: managed! };
}

async function newGroup(world: World): Promise<Things> {
  const space = world.things["spaces"]!;
  return { security_groups: await world.securityGroup(space), space };
}

async function newTask(world: World): Promise<Things> {
  return { tasks: await world.make(`apps/${world.things["apps"]}/tasks`, { command: "true" }) };
}

async function newBuildpack(world: World): Promise<Things> {
  return { buildpacks: await world.make("buildpacks", { name: world.name("buildpack") }) };
}
