import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openDatabase } from "../../../../kit/database.ts";
import { CC_MIGRATIONS } from "../../store/migrations.ts";
import type { CcDatabase } from "../../store/schema.ts";
import { type Answer, promptBridge } from "../../testing/boot-cc.ts";
import { FakeBroker } from "../../testing/fake-broker.ts";
import { document, zipOf } from "../../testing/push-flow.ts";
import { until } from "../../testing/services-world.ts";
import { related, World } from "../../testing/world.ts";

/** CC: repositories/event_types.rb, without what only its v2 API writes. */
const TYPES: Readonly<Record<string, readonly string[]>> = {
  "audit.app": [
    ...["create", "update", "delete-request", "start", "restart", "stop", "map-route", "unmap-route"],
    ...["package.create", "package.upload", "package.download", "package.delete"],
    ...["process.create", "process.update", "process.delete", "process.rescheduling", "process.crash"],
    ...["process.terminate_instance", "process.scale", "process.ready", "process.not-ready"],
    ...["droplet.create", "droplet.upload", "droplet.download", "droplet.delete", "droplet.mapped"],
    ...["task.create", "task.cancel", "build.create", "build.staged", "build.failed"],
    ...["environment.show", "environment_variables.show", "revision.create", "revision.environment_variables.show"],
    ...["deployment.create", "deployment.cancel", "deployment.continue", "apply_manifest"],
    ...["ssh-authorized", "ssh-unauthorized"],
  ],
  "audit.buildpack": ["create", "update", "upload", "delete"],
  "audit.service": ["create", "update", "delete"],
  "audit.service_plan": ["create", "update", "delete"],
  "audit.service_broker": ["create", "update", "delete"],
  "audit.service_plan_visibility": ["update", "delete"],
  "audit.service_dashboard_client": ["create", "delete"],
  "audit.service_instance": [
    ...["create", "update", "delete", "start_create", "start_update", "start_delete", "share", "unshare", "purge"],
  ],
  "audit.user_provided_service_instance": ["create", "update", "show", "delete"],
  "audit.service_binding": ["create", "update", "delete", "start_create", "start_delete", "show"],
  "audit.service_key": ["create", "update", "delete", "start_create", "start_delete", "show"],
  "audit.service_route_binding": ["create", "update", "delete", "start_create", "start_delete"],
  "audit.route": ["create", "delete-request", "share", "unshare", "transfer-owner"],
  "audit.route_policy": ["create", "update", "delete"],
  "audit.organization": ["create", "update", "delete-request"],
  "audit.organization_quota": ["create", "update", "apply", "delete"],
  "audit.space": ["create", "update", "delete-request"],
  "audit.space_quota": ["create", "update", "apply", "remove", "delete"],
  "audit.stack": ["create", "update", "delete"],
  "audit.user": ["space_auditor", "space_supporter", "space_developer", "space_manager", "organization_user"]
    .concat(["organization_auditor", "organization_billing_manager", "organization_manager"])
    .flatMap((role) => [`${role}_add`, `${role}_remove`]),
  app: ["crash"],
  blob: ["remove_orphan"],
};

interface Event {
  readonly type: string;
  readonly actor: { readonly type: string; readonly name: string };
  readonly target: { readonly type: string; readonly guid: string; readonly name: string };
  readonly data: object;
  readonly space: { readonly guid: string } | null;
  readonly organization: { readonly guid: string } | null;
}

const CATALOG = [
  {
    id: "slow",
    name: "slow",
    description: "slow",
    bindable: true,
    plan_updateable: true,
    bindings_retrievable: true,
    requires: ["route_forwarding"],
    metadata: { shareable: true },
    dashboard_client: { id: "dash", secret: "dash", redirect_uri: "https://dash.example.com" },
    plans: [{ id: "lazy", name: "lazy", description: "lazy", free: true, maintenance_info: { version: "1.0.0" } }],
  },
];

let world: World;
let broker: FakeBroker;
before(async () => {
  world = await World.boot({ bridge: promptBridge() });
  broker = await FakeBroker.start(CATALOG);
});
after(async () => {
  await world[Symbol.asyncDispose]();
  await broker[Symbol.asyncDispose]();
});

/** Asks as admin; what takes a job is waited for, unless it goes on at the broker. */
async function ask(method: string, path: string, body?: unknown): Promise<Answer> {
  const answer = await world.flow.call(method, `/v3/${path}`, body);
  assert.ok(answer.status < 400, `${method} ${path}: ${JSON.stringify(answer.body)}`);
  if (answer.status === 202 && answer.headers.get("location")?.includes("/v3/jobs/") === true) {
    const { state, errors } = await ended(answer);
    assert.notEqual(state, "FAILED", `${method} ${path}: ${JSON.stringify(errors)}`);
  }
  return answer;
}

async function ended(answer: Answer): Promise<{ state: string; errors: object[] }> {
  const { pathname } = new URL(answer.headers.get("location") ?? "");
  for (;;) {
    const job = (await world.flow.call("GET", pathname)).body as { state: string; errors: object[] };
    if (job.state !== "PROCESSING") return job;
  }
}

async function events(query = ""): Promise<Event[]> {
  const { body } = await world.flow.call("GET", `/v3/audit_events?per_page=5000${query}`);
  return (body as { resources: Event[] }).resources;
}

/** Deployments replace the process. */
function webOf(app: string): Promise<string> {
  return world.first(`/v3/apps/${app}/processes?types=web`);
}

async function finalized(deployment: string): Promise<void> {
  await until(async () => {
    const { body } = await ask("GET", `deployments/${deployment}`);
    return (body as { status: { value: string } }).status.value === "FINALIZED";
  });
}

async function last(type: string): Promise<Event> {
  const [event] = await events(`&types=${type}&order_by=-created_at`);
  return event ?? assert.fail(`no ${type}`);
}

/** What an app's developer does. */
async function develop(space: string, app: string): Promise<void> {
  const { flow, things } = world;
  const first = things["deployments"]!;
  await flow.call("POST", `/v3/deployments/${first}/actions/cancel`);
  await finalized(first);
  await ask("POST", `apps/${app}/actions/restart`);
  await ask("POST", `apps/${app}/processes/web/actions/scale`, { memory_in_mb: 64 });
  await ask("PATCH", `processes/${await webOf(app)}`, { command: "run" });
  await ask("DELETE", `apps/${app}/processes/web/instances/0`);
  await ask("GET", `apps/${app}/env`);
  await ask("GET", `apps/${app}/environment_variables`);
  await ask("GET", `revisions/${things["revisions"]}/environment_variables`);
  const { guid: canceled } = document(await ask("POST", "deployments", related({ app })));
  await ask("POST", `deployments/${canceled}/actions/cancel`);
  await finalized(canceled);
  const { guid: canary } = document(await ask("POST", "deployments", { strategy: "canary", ...related({ app }) }));
  await until(async () => (await flow.call("POST", `/v3/deployments/${canary}/actions/continue`)).status === 200);
  await finalized(canary);
  await flow.downloadLink(`/v3/packages/${things["packages"]}/download`);
  await flow.downloadLink(`/v3/droplets/${things["droplets"]}/download`);
  const droplet = await world.make("droplets", { ...related({ app }), process_types: { web: "x" } });
  const form = new FormData();
  form.set("bits", new Blob([new Uint8Array(await zipOf({ a: "1" }))]), "droplet.tgz");
  const authorization = `bearer ${await flow.cc.token("admin", ["cloud_controller.admin"])}`;
  const target = `${flow.cc.url}/v3/droplets/${droplet}/upload`;
  assert.equal((await fetch(target, { method: "POST", body: form, headers: { authorization } })).status, 202);
  const bits = await flow.upload(app, await zipOf({ "a.txt": "1" }));
  const build = await flow.build(bits.guid);
  await flow.complete(build, { failed: true, failure_reason: "x", result: null, guid: build.guid });
  await ask("POST", `tasks/${things["tasks"]}/actions/cancel`);
  await ask("POST", `apps/${app}/actions/stop`);
  const headers = { authorization, "content-type": "application/x-yaml" };
  const manifest = "applications: [{name: m, stack: cflinuxfs4, metadata: {labels: {a: b}}}]";
  await ended(await flow.cc.fetch("POST", `/v3/spaces/${space}/actions/apply_manifest`, manifest, headers));
  assert.deepEqual((await last("audit.app.update")).data, {
    request: { lifecycle: { data: { stack: "cflinuxfs4" } }, metadata: { labels: { a: "b" } } },
    manifest_triggered: true,
  });
}

/** What cells and the SSH proxy tell. */
async function operate(app: string): Promise<void> {
  const { flow } = world;
  const process = await webOf(app);
  const source = flow.cc.bridgeSource;
  const at = { instanceGuid: "i-1", index: 0, cellId: "cell" };
  await source.processCrashed(process, "v", { ...at, exitDescription: "x", crashCount: 1, crashTimestampNs: 1n });
  const lrp = `${process}-6f1e8a44-2e9c-4c9f-8c33-0123456789ab`;
  const told = { instance: "i-1", index: 0, cell_id: "cell" };
  const tell = (what: string, more: object) =>
    flow.internal("POST", `/internal/v4/apps/${lrp}/${what}`, JSON.stringify({ ...told, ...more }));
  await tell("readiness_changed", { ready: true });
  await tell("readiness_changed", { ready: false });
  await tell("rescheduling", { reason: "cell gone" });
  const authorization = `bearer ${await flow.cc.token("admin", ["cloud_controller.admin"])}`;
  const door = `/internal/apps/${process}/ssh_access/0`;
  assert.equal((await flow.internal("GET", door, "", { authorization })).status, 200);
  await ask("PATCH", `apps/${app}/features/ssh`, { enabled: false });
  assert.equal((await flow.internal("GET", door, "", { authorization })).status, 400);
}

async function route(space: string, sibling: string): Promise<void> {
  const { things } = world;
  await ask("PATCH", `route_policies/${things["route_policies"]}`, { metadata: { labels: { a: "b" } } });
  await ask("DELETE", `route_policies/${things["route_policies"]}`);
  const plain = await world.route(space, await world.make("domains", { name: "plain.example.com" }));
  await ask("PATCH", `routes/${plain}`, { options: { loadbalancing: "round-robin" } });
  const destinations = [{ app: { guid: things["apps"]! } }];
  await ask("POST", `routes/${plain}/destinations`, { destinations });
  assert.deepEqual((await last("audit.app.map-route")).data, {
    ...(await last("audit.app.map-route")).data,
    route_guid: plain,
    route_options: { loadbalancing: "round-robin" },
  });
  await ask("PATCH", `routes/${plain}/destinations`, { destinations: [] });
  assert.ok("route_options" in (await last("audit.app.unmap-route")).data);
  await ask("POST", `routes/${plain}/relationships/shared_spaces`, { data: [{ guid: sibling }] });
  await ask("DELETE", `routes/${plain}/relationships/shared_spaces/${sibling}`);
  await ask("PATCH", `routes/${plain}/relationships/space`, { data: { guid: sibling } });
  await ask("DELETE", `routes/${plain}`);
}

async function serve(space: string, sibling: string, app: string): Promise<void> {
  const { things } = world;
  const authentication = { type: "basic", credentials: { username: "u", password: "p" } };
  await ask("POST", "service_brokers", { name: "second", url: broker.url, authentication });
  const second = await world.first("/v3/service_brokers?names=second");
  await ask("PATCH", `service_brokers/${second}`, { name: "renamed" });
  await ask("PATCH", `service_brokers/${second}`, { url: broker.url, authentication });
  const plan = await world.first("/v3/service_plans?names=lazy");
  const org = things["organizations"]!;
  const visible = { type: "organization", organizations: [{ guid: org }] };
  await ask("POST", `service_plans/${plan}/visibility`, visible);
  await ask("DELETE", `service_plans/${plan}/visibility/${org}`);
  await ask("PATCH", `service_plans/${plan}/visibility`, { type: "public" });
  const managed = things["managed"]!;
  await ask("PATCH", `service_instances/${managed}`, { name: "renamed" });
  await ask("POST", `service_instances/${managed}/relationships/shared_spaces`, { data: [{ guid: sibling }] });
  await ask("DELETE", `service_instances/${managed}/relationships/shared_spaces/${sibling}`);
  const bind = (type: string, instance: string, more: object) =>
    ask("POST", "service_credential_bindings", {
      type,
      name: type,
      ...more,
      ...related({ service_instance: instance }),
    });
  const bindApp = (instance: string) => {
    const { relationships } = related({ service_instance: instance, app });
    return ask("POST", "service_credential_bindings", { type: "app", relationships });
  };
  await bindApp(managed);
  await bind("key", managed, {});
  for (const type of ["app", "key"]) {
    const one = await world.first(`/v3/service_credential_bindings?type=${type}&service_instance_guids=${managed}`);
    await ask("GET", `service_credential_bindings/${one}/details`);
    await ask("PATCH", `service_credential_bindings/${one}`, { metadata: { labels: { a: "b" } } });
    await ask("DELETE", `service_credential_bindings/${one}`);
  }
  const own = things["service_instances"]!;
  await ask("GET", `service_instances/${own}/credentials`);
  await ask("PATCH", `service_instances/${own}`, { tags: ["a"] });
  await ask("PATCH", `service_route_bindings/${things["service_route_bindings"]}`, {
    metadata: { labels: { a: "b" } },
  });
  await ask("DELETE", `service_route_bindings/${things["service_route_bindings"]}`);
  await ask("DELETE", `service_instances/${await world.userProvided(space)}`);
  await ask("DELETE", `service_instances/${managed}`);
  await lazily(space, plan, bindApp, (instance) => bind("key", instance, {}));
  await ask("DELETE", `service_plans/${plan}`);
  await ask("DELETE", `service_brokers/${second}`);
  await ask("DELETE", "service_offerings/offering-db?purge=true");
}

/** A broker that takes its time. */
async function lazily(
  space: string,
  plan: string,
  bindApp: (instance: string) => Promise<Answer>,
  bindKey: (instance: string) => Promise<Answer>,
): Promise<void> {
  const make = async (): Promise<string> => {
    const name = world.name("lazy");
    await ask("POST", "service_instances", { type: "managed", name, ...related({ space, service_plan: plan }) });
    return await world.first(`/v3/service_instances?names=${name}`);
  };
  const [instance, target] = [await make(), await make()];
  const domain = world.things["domains"]!;
  const [near, far] = [await world.route(space, domain), await world.route(space, domain)];
  const bindRoute = (one: string) =>
    ask("POST", "service_route_bindings", related({ service_instance: target, route: one }));
  const offUrl = broker.rule("PUT", /service_bindings/, {
    status: 201,
    body: { route_service_url: "https://filter.example.com" },
  });
  await bindRoute(near);
  offUrl();
  await bindApp(target);
  await bindKey(target);
  const path = `service_credential_bindings?service_instance_guids=${target}`;
  const bound = (await world.flow.call("GET", `/v3/${path}`)).body as { resources: { guid: string }[] };
  const later = { status: 202, body: {} };
  broker.rule("GET", /last_operation/, { status: 200, body: { state: "in progress" } });
  for (const method of ["PUT", "PATCH", "DELETE"]) broker.rule(method, /service_instances/, later);
  await make();
  for (const { guid } of bound.resources) await ask("DELETE", `service_credential_bindings/${guid}`);
  await ask("DELETE", `service_route_bindings/${await world.first(`/v3/service_route_bindings?route_guids=${near}`)}`);
  await bindRoute(far);
  const third = instance;
  await bindApp(third);
  await bindKey(third);
  broker.rules = broker.rules.filter((rule) => rule !== undefined);
  const fresh = (await events("&types=audit.service_instance.create")).map(({ target: { guid } }) => guid);
  assert.ok(fresh.includes(instance));
  const untouched = await quickly(make);
  await ask("PATCH", `service_instances/${untouched}`, { parameters: { a: 1 } });
  const gone = await quickly(make);
  await ask("DELETE", `service_instances/${gone}`);
  const { body } = await world.flow.call("GET", "/v3/service_instances?per_page=100&type=managed");
  for (const { guid } of (body as { resources: { guid: string }[] }).resources) {
    await ask("DELETE", `service_instances/${guid}?purge=true`);
  }
}

/** While the broker is fast. */
async function quickly(make: () => Promise<string>): Promise<string> {
  const rules = broker.rules;
  broker.rules = [];
  try {
    return await make();
  } finally {
    broker.rules = rules;
  }
}

async function govern(organization: string, space: string): Promise<void> {
  const { things } = world;
  const quota = things["organization_quotas"]!;
  const org = { data: [{ guid: organization }] };
  await ask("PATCH", `organization_quotas/${quota}`, { name: "q" });
  await ask("POST", `organization_quotas/${quota}/relationships/organizations`, org);
  const { name } = (await ask("GET", `organizations/${organization}`)).body as { name: string };
  assert.deepEqual((await last("audit.organization_quota.apply")).data, {
    organization_guid: organization,
    organization_name: name,
  });
  await ask("DELETE", `organization_quotas/${await world.make("organization_quotas", { name: "spare" })}`);
  const spaceQuota = things["space_quotas"]!;
  await ask("PATCH", `space_quotas/${spaceQuota}`, { name: "q" });
  await ask("POST", `space_quotas/${spaceQuota}/relationships/spaces`, { data: [{ guid: space }] });
  await ask("DELETE", `space_quotas/${spaceQuota}/relationships/spaces/${space}`);
  const facts = { space_guid: space, space_name: "named" };
  await ask("PATCH", `spaces/${space}`, { name: "named" });
  await ask("POST", `space_quotas/${spaceQuota}/relationships/spaces`, { data: [{ guid: space }] });
  await ask("DELETE", `space_quotas/${spaceQuota}/relationships/spaces/${space}`);
  for (const action of ["apply", "remove"]) {
    assert.deepEqual((await last(`audit.space_quota.${action}`)).data, facts);
  }
  await ask("DELETE", `space_quotas/${spaceQuota}`);
  await ask("PATCH", `organizations/${organization}`, { name: "named" });
  const stack = await world.make("stacks", { name: "spare" });
  await ask("PATCH", `stacks/${stack}`, { metadata: { labels: { a: "b" } } });
  await ask("DELETE", `stacks/${stack}`);
  await world.flow.cc.token("roles");
  await world.role("roles", "organization_user", organization, space);
  for (const type of ["auditor", "billing_manager", "manager"]) {
    await ask("DELETE", `roles/${await world.role("roles", `organization_${type}`, organization, space)}`);
  }
  for (const type of ["auditor", "supporter", "developer", "manager"]) {
    await ask("DELETE", `roles/${await world.role("roles", `space_${type}`, organization, space)}`);
  }
  await ask("DELETE", `roles/${await world.first("/v3/roles?types=organization_user&user_guids=roles-guid")}`);
}

async function build(): Promise<void> {
  const buildpack = world.things["buildpacks"]!;
  await ask("PATCH", `buildpacks/${buildpack}`, { enabled: false });
  const form = new FormData();
  form.set("bits", new Blob([new Uint8Array(await zipOf({ "bin/detect": "1" }))]), "b.zip");
  const { flow } = world;
  const authorization = `bearer ${await flow.cc.token("admin", ["cloud_controller.admin"])}`;
  const target = `${flow.cc.url}/v3/buildpacks/${buildpack}/upload`;
  const uploaded = await fetch(target, { method: "POST", body: form, headers: { authorization } });
  await ended({ status: uploaded.status, headers: uploaded.headers, body: null });
  await ask("DELETE", `buildpacks/${buildpack}`);
}

/** A package's bits whose row is gone when the process starts again. */
async function leaveBlob(): Promise<void> {
  const { flow } = world;
  const other = await world.app(world.things["otherSpaces"]!);
  const { guid } = await flow.upload(other, await zipOf({ a: "1" }));
  await flow.cc.restart(async () => {
    await using database = await openDatabase<CcDatabase>(flow.cc.database, CC_MIGRATIONS);
    await database.db.deleteFrom("packages").where("guid", "=", guid).execute();
  });
  await until(async () => (await events("&types=blob.remove_orphan")).length > 0);
  const { actor, target } = await last("blob.remove_orphan");
  assert.deepEqual([actor.type, target.type, target.guid], ["system", "blob", `packages/${guid}`]);
}

test("each type of event that Cloud Foundry's v3 API and its cells cause is written here", async () => {
  const { organizations: organization, spaces: space, sibling, apps: app } = world.things as Record<string, string>;
  await develop(space!, app!);
  await operate(app!);
  await route(space!, sibling!);
  await serve(space!, sibling!, app!);
  await govern(organization!, space!);
  await build();
  await ask("POST", `apps/${app}/actions/start`);
  await ask("DELETE", `apps/${app}`);
  await ask("DELETE", `spaces/${space}`);
  await ask("DELETE", `organizations/${organization}`);
  await leaveBlob();
  const written = new Set((await events()).map(({ type }) => type));
  const wanted = Object.entries(TYPES).flatMap(([kind, names]) => names.map((name) => `${kind}.${name}`));
  assert.deepEqual(
    wanted.filter((type) => !written.has(type)),
    [],
  );
});
