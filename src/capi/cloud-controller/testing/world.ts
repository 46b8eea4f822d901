import assert from "node:assert/strict";
import type { CcDeps } from "../index.ts";
import type { Answer } from "./boot-cc.ts";
import { FakeBroker, type FakeOffering } from "./fake-broker.ts";
import { offerCatalog } from "./offer-catalog.ts";
import { PushFlow, zipOf } from "./push-flow.ts";

/** Guids of one of each kind, by the first part of the path under /v3, in one space; `other…` lie in another organization. */
export type Things = Readonly<Record<string, string>>;

/** A Cloud Controller that holds one of everything. For tests. */
export class World implements AsyncDisposable {
  readonly flow: PushFlow;
  readonly #broker: FakeBroker;
  things: Things = {};
  /** Stands in every name that is made from now on. */
  mark = "";
  #made = 0;

  private constructor(flow: PushFlow, broker: FakeBroker) {
    this.flow = flow;
    this.#broker = broker;
  }

  /** `replaced` takes the place of dependencies that do nothing. */
  static async boot(replaced: Partial<CcDeps> = {}): Promise<World> {
    await using release = new AsyncDisposableStack();
    const flow = release.use(await PushFlow.boot(replaced));
    const world = new World(flow, release.use(await FakeBroker.start([OFFERING])));
    await offerCatalog(world.flow.cc, world.#broker);
    world.#broker.rules = [
      ({ method, path }) =>
        method === "GET" && /\/service_instances\/[^/]+$/.test(path)
          ? { status: 200, body: { parameters: { size: 1 } } }
          : undefined,
    ];
    for (const flag of ["route_sharing", "service_instance_sharing"]) {
      await world.flow.call("PATCH", `/v3/feature_flags/${flag}`, { enabled: true });
    }
    world.things = await world.makeAll();
    release.move();
    return world;
  }

  get brokerUrl(): string {
    return this.#broker.url;
  }

  /** A name that nothing else has. */
  name(prefix: string): string {
    this.#made++;
    return `${prefix}${this.mark}-${this.#made}`;
  }

  /** Makes something as admin and gives its guid. */
  async make(path: string, body: object): Promise<string> {
    const answer = await this.flow.call("POST", `/v3/${path}`, body);
    assert.ok(answer.status < 300, `POST /v3/${path}: ${JSON.stringify(answer.body)}`);
    return (answer.body as { guid?: string } | null)?.guid ?? "";
  }

  async organization(): Promise<string> {
    return this.make("organizations", { name: this.name("organization") });
  }

  async space(organization: string): Promise<string> {
    return this.make("spaces", { name: this.name("space"), ...related({ organization }) });
  }

  async app(space: string): Promise<string> {
    return this.make("apps", { name: this.name("app"), ...related({ space }) });
  }

  /** A started app with a package, a build and a droplet that it runs. */
  async builtApp(space: string): Promise<Things> {
    const { flow } = this;
    const app = await this.app(space);
    const uploaded = await flow.upload(app, await zipOf({ "index.js": "1" }));
    const build = await flow.build(uploaded.guid);
    await flow.finish(build, { web: "node index.js" });
    const built = (await flow.call("GET", `/v3/builds/${build.guid}`)).body as { droplet: { guid: string } };
    const droplet = built.droplet.guid;
    await flow.call("PATCH", `/v3/apps/${app}/relationships/current_droplet`, { data: { guid: droplet } });
    await flow.call("POST", `/v3/apps/${app}/actions/start`);
    return { apps: app, packages: uploaded.guid, builds: build.guid, droplets: droplet };
  }

  /** Such an app with its process, a revision, a sidecar, a task and a deployment that goes on. */
  async deployedApp(space: string): Promise<Things> {
    const built = await this.builtApp(space);
    const app = built["apps"]!;
    return {
      ...built,
      sidecars: await this.make(`apps/${app}/sidecars`, { name: "s", command: "c", process_types: ["web"] }),
      tasks: await this.make(`apps/${app}/tasks`, { command: "true" }),
      processes: await this.first(`/v3/apps/${app}/processes?types=web`),
      revisions: await this.first(`/v3/apps/${app}/revisions`),
      deployments: await this.make("deployments", related({ app })),
    };
  }

  /** Domain, route, destination, policy. */
  async routing(organization: string, space: string, app: string): Promise<Things> {
    const domain = await this.make("domains", {
      name: `${this.name("d")}.example.com`,
      enforce_route_policies: true,
      route_policies_scope: "any",
      ...related({ organization }),
    });
    const route = await this.route(space, domain);
    const answer = await this.flow.call("POST", `/v3/routes/${route}/destinations`, {
      destinations: [{ app: { guid: app } }],
    });
    const { destinations } = answer.body as { destinations: { guid: string }[] };
    const source = `cf:app:${app}`;
    return {
      domains: domain,
      routes: route,
      destination: destinations[0]!.guid,
      route_policies: await this.make("route_policies", { source, ...related({ route }) }),
    };
  }

  async route(space: string, domain: string): Promise<string> {
    return this.make("routes", { host: this.name("host"), ...related({ space, domain }) });
  }

  async userProvided(space: string, more: object = {}): Promise<string> {
    const body = { type: "user-provided", name: this.name("instance"), credentials: { password: SECRET }, ...more };
    return this.make("service_instances", { ...body, ...related({ space }) });
  }

  /** Gives the guid when the broker has made it. */
  async managed(space: string): Promise<string> {
    const name = this.name("managed");
    const body = { type: "managed", name, ...related({ space, service_plan: "plan-small" }) };
    const answer = await this.flow.call("POST", "/v3/service_instances", body);
    const { state, errors } = await this.flow.cc.job(answer);
    assert.equal(state, "COMPLETE", JSON.stringify(errors));
    return this.first(`/v3/service_instances?names=${name}`);
  }

  /** Sends requests of the route to the instance. */
  async routeBinding(instance: string, route: string): Promise<string> {
    return this.make("service_route_bindings", related({ service_instance: instance, route }));
  }

  async binding(instance: string, app: string): Promise<string> {
    return this.make("service_credential_bindings", { type: "app", ...related({ service_instance: instance, app }) });
  }

  async securityGroup(space: string): Promise<string> {
    return this.make("security_groups", {
      name: this.name("group"),
      relationships: { running_spaces: { data: [{ guid: space }] }, staging_spaces: { data: [{ guid: space }] } },
    });
  }

  async isolationSegment(organization: string): Promise<string> {
    const segment = await this.make("isolation_segments", { name: this.name("segment") });
    const path = `isolation_segments/${segment}/relationships/organizations`;
    await this.make(path, { data: [{ guid: organization }] });
    return segment;
  }

  /** A user with a role in the organization. */
  async member(organization: string): Promise<string> {
    const user = this.name("member");
    await this.flow.cc.token(user);
    await this.role(user, "organization_user", organization, "");
    return `${user}-guid`;
  }

  /** Gives somebody a role. */
  async role(userName: string, type: string, organization: string, space: string): Promise<string> {
    const place: Things = type.startsWith("space") ? { space } : { organization };
    const { relationships } = related(place);
    return this.make("roles", { type, relationships: { user: { data: { username: userName } }, ...relationships } });
  }

  async first(path: string): Promise<string> {
    const { body } = await this.flow.call("GET", path);
    return (body as { resources: { guid: string }[] }).resources[0]?.guid ?? "";
  }

  async makeAll(): Promise<Things> {
    const organization = await this.organization();
    const space = await this.space(organization);
    const deployed = await this.deployedApp(space);
    const app = deployed["apps"]!;
    const instance = await this.userProvided(space, { route_service_url: "https://filter.example.com" });
    const routing = await this.routing(organization, space, app);
    const otherOrganization = await this.organization();
    const member = await this.member(organization);
    const roleHolder = member.slice(0, -"-guid".length);
    const job = await this.flow.call("POST", "/v3/admin/actions/clear_buildpack_cache");
    return {
      organizations: organization,
      spaces: space,
      friend: await this.space(organization),
      sibling: await this.space(organization),
      otherOrganizations: otherOrganization,
      otherSpaces: await this.space(otherOrganization),
      ...deployed,
      ...routing,
      service_instances: instance,
      managed: await this.managed(space),
      service_route_bindings: await this.routeBinding(instance, routing["routes"]!),
      service_brokers: "broker-guid",
      service_offerings: "offering-db",
      service_plans: "plan-small",
      service_usage_events: await this.first("/v3/service_usage_events"),
      service_credential_bindings: await this.binding(instance, app),
      security_groups: await this.securityGroup(space),
      isolation_segments: await this.isolationSegment(organization),
      // Quotas of organizations and buildpacks have names that everybody sees.
      organization_quotas: await this.make("organization_quotas", {
        name: this.name("quota").replace(this.mark, ""),
        relationships: { organizations: { data: [{ guid: organization }] } },
      }),
      space_quotas: await this.make("space_quotas", {
        name: this.name("quota"),
        relationships: { organization: { data: { guid: organization } }, spaces: { data: [{ guid: space }] } },
      }),
      stacks: await this.first("/v3/stacks"),
      buildpacks: await this.make("buildpacks", { name: this.name("buildpack").replace(this.mark, "") }),
      users: member,
      roles: await this.role(roleHolder, "space_auditor", "", space),
      audit_events: await this.first(`/v3/audit_events?types=audit.app.create&target_guids=${app}`),
      app_usage_events: await this.first("/v3/app_usage_events"),
      jobs: guidOfJob(job),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.flow[Symbol.asyncDispose]();
    await this.#broker[Symbol.asyncDispose]();
  }
}

const OFFERING: FakeOffering = {
  id: "db",
  name: "db",
  description: "databases",
  bindable: true,
  plan_updateable: true,
  instances_retrievable: true,
  bindings_retrievable: true,
  metadata: { shareable: true },
  plans: [{ id: "small", name: "small", description: "small", free: true }],
};

/** Stands in credentials: nobody but who may read them should ever see it. */
export const SECRET = "a-secret-of-the-space";

export function related(guids: Things): { relationships: Record<string, { data: { guid: string } }> } {
  return { relationships: Object.fromEntries(Object.entries(guids).map(([kind, guid]) => [kind, { data: { guid } }])) };
}

function guidOfJob({ headers }: Answer): string {
  return new URL(headers.get("location") ?? "").pathname.split("/").at(-1)!;
}
