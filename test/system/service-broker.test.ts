import assert from "node:assert/strict";
import { request } from "node:http";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { after, before, test } from "node:test";
import { type BootedIngot, bootIngot, eventually } from "./boot-ingot.ts";

const BROKER = join(import.meta.dirname, "..", "..", "examples", "broker");
const HOST = "broker.apps.cf.localhost";
let ingot: BootedIngot;
let space: string;

before(async () => {
  ingot = await bootIngot();
  await ingot.login();
  space = (await ingot.cfOk("space", "test-space", "--guid")).trim();
  await ingot.cfOk("push", "broker", "-p", BROKER, "--no-start");
  await ingot.cfOk("set-env", "broker", "BROKER_USERNAME", "operator");
  await ingot.cfOk("set-env", "broker", "BROKER_PASSWORD", "a-secret");
  await ingot.cfOk("start", "broker");
});
after(() => ingot?.[Symbol.asyncDispose]());

interface Document {
  readonly guid: string;
  readonly name: string;
  readonly [field: string]: unknown;
}

async function curl(
  method: string,
  path: string,
  body?: object,
): Promise<{ status: number; location: string; body: unknown }> {
  const data = body === undefined ? [] : ["-d", JSON.stringify(body)];
  const output = await ingot.cfOk("curl", path, "-X", method, "-i", ...data);
  const [head = "", ...rest] = output.split(/\r?\n\r?\n/);
  const text = rest.join("\n").trim();
  const location = /^location: *(\S+)/im.exec(head)?.[1] ?? "";
  return { status: Number(/ (\d{3})/.exec(head)?.[1]), location, body: text.startsWith("{") ? JSON.parse(text) : null };
}

async function list(path: string): Promise<Document[]> {
  return ((await curl("GET", path)).body as { resources: Document[] }).resources;
}

/** Waits for the job that an answer points at. */
async function done(answer: { status: number; location: string; body: unknown }): Promise<void> {
  assert.equal(answer.status, 202, JSON.stringify(answer.body));
  const { pathname } = new URL(answer.location);
  await eventually(async () => {
    const job = (await curl("GET", pathname)).body as { state: string; errors: object[] };
    assert.notEqual(job.state, "FAILED", JSON.stringify(job.errors));
    assert.equal(job.state, "COMPLETE");
  }, 60_000);
}

/** Asks the database that credentials lead to, through the router. */
function query(
  { uri, username, password }: { uri: string; username: string; password: string },
  sql: string,
  ...parameters: readonly number[]
): Promise<unknown> {
  const { pathname: path } = new URL(uri);
  const headers = { host: HOST, "content-type": "application/json" };
  const options = { host: "127.0.0.1", port: ingot.httpPort, path, method: "POST", headers };
  return new Promise((resolve, reject) => {
    const outgoing = request({ ...options, auth: `${username}:${password}` }, (incoming) => {
      json(incoming).then((body) => resolve((body as { rows: unknown }).rows), reject);
    });
    outgoing.on("error", reject).end(JSON.stringify({ sql, parameters }));
  });
}

function related(relations: Record<string, string>) {
  const entries = Object.entries(relations).map(([name, guid]) => [name, { data: { guid } }]);
  return { relationships: Object.fromEntries(entries) };
}

test("a broker that runs as an app is registered by its route and its plans are opened", async () => {
  await done(
    await curl("POST", "/v3/service_brokers", {
      name: "databases",
      url: `https://${HOST}:${ingot.httpsPort}`,
      authentication: { type: "basic", credentials: { username: "operator", password: "a-secret" } },
    }),
  );
  const plans = await list("/v3/service_plans?service_broker_names=databases");
  assert.deepEqual(plans.map(({ name }) => name).sort(), ["large", "small"]);
  for (const { guid } of plans) {
    assert.equal((await curl("PATCH", `/v3/service_plans/${guid}/visibility`, { type: "public" })).status, 200);
  }
});

test("wrong credentials make the registration fail, with the real one's words", async () => {
  const { location } = await curl("POST", "/v3/service_brokers", {
    name: "locked-out",
    url: `https://${HOST}:${ingot.httpsPort}`,
    authentication: { type: "basic", credentials: { username: "operator", password: "wrong" } },
  });
  await eventually(async () => {
    const { body } = await curl("GET", new URL(location).pathname);
    assert.match(JSON.stringify(body), /Authentication with the service broker failed/);
  });
  const [broker] = await list("/v3/service_brokers?names=locked-out");
  await done(await curl("DELETE", `/v3/service_brokers/${broker!.guid}`));
});

test("an instance is provisioned asynchronously, bound by a key, used, unbound and deprovisioned", async () => {
  const [plan] = await list("/v3/service_plans?service_broker_names=databases&names=small");
  const made = await curl("POST", "/v3/service_instances", {
    type: "managed",
    name: "orders",
    parameters: { seconds: 2 },
    ...related({ space, service_plan: plan!.guid }),
  });
  await done(made);
  const [instance] = await list("/v3/service_instances?names=orders");
  assert.deepEqual((instance!["last_operation"] as { state: string }).state, "succeeded");
  const key = await curl("POST", "/v3/service_credential_bindings", {
    type: "key",
    name: "key",
    ...related({ service_instance: instance!.guid }),
  });
  await done(key);
  const [binding] = await list(`/v3/service_credential_bindings?service_instance_guids=${instance!.guid}`);
  const { body } = await curl("GET", `/v3/service_credential_bindings/${binding!.guid}/details`);
  const { credentials } = body as { credentials: { uri: string; username: string; password: string } };
  assert.deepEqual(await query(credentials, "CREATE TABLE orders (id)"), []);
  assert.deepEqual(await query(credentials, "INSERT INTO orders VALUES (?) RETURNING id", 7), [{ id: 7 }]);
  await done(await curl("DELETE", `/v3/service_credential_bindings/${binding!.guid}`));
  await done(await curl("DELETE", `/v3/service_instances/${instance!.guid}`));
});

test("the broker is not removed while an instance exists, and then it is", async () => {
  const [plan] = await list("/v3/service_plans?service_broker_names=databases&names=large");
  await done(
    await curl("POST", "/v3/service_instances", {
      type: "managed",
      name: "last",
      ...related({ space, service_plan: plan!.guid }),
    }),
  );
  const [broker] = await list("/v3/service_brokers?names=databases");
  const refused = await curl("DELETE", `/v3/service_brokers/${broker!.guid}`);
  assert.equal(refused.status, 422);
  const [offering] = await list("/v3/service_offerings?service_broker_names=databases");
  assert.equal((await curl("DELETE", `/v3/service_offerings/${offering!.guid}?purge=true`)).status, 204);
  assert.deepEqual(await list("/v3/service_instances?names=last"), []);
  await done(await curl("DELETE", `/v3/service_brokers/${broker!.guid}`));
});
