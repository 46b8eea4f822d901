import assert from "node:assert/strict";
import type { CcDeps } from "../index.ts";
import type { Answer } from "./boot-cc.ts";
import { PushFlow, zipOf } from "./push-flow.ts";

/** Guids of one of each kind, by the first part of the path under /v3, in one space; `other…` lie in another organization. */
export type Things = Readonly<Record<string, string>>;

/** A Cloud Controller that holds one of everything. For tests. */
export class World implements AsyncDisposable {
  readonly flow: PushFlow;
  things: Things = {};
  /** Stands in every name that is made from now on. */
  mark = "";
  #made = 0;

  private constructor(flow: PushFlow) {
    this.flow = flow;
  }

  /** `replaced` takes the place of dependencies that do nothing. */
  static async boot(replaced: Partial<CcDeps> = {}): Promise<World> {
    const world = new World(await PushFlow.boot(replaced));
    await world.flow.call("PATCH", "/v3/feature_flags/route_sharing", { enabled: true });
    world.things = await world.makeAll();
    return world;
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
    const instance = await this.userProvided(space);
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
      ...(await this.routing(organization, space, app)),
      service_instances: instance,
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
  }
}

/** Stands in credentials: nobody but who may read them should ever see it. */
export const SECRET = "a-secret-of-the-space";

export function related(guids: Things): { relationships: Record<string, { data: { guid: string } }> } {
  return { relationships: Object.fromEntries(Object.entries(guids).map(([kind, guid]) => [kind, { data: { guid } }])) };
}

function guidOfJob({ headers }: Answer): string {
  return new URL(headers.get("location") ?? "").pathname.split("/").at(-1)!;
}
