import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type BootedIngot, bootIngot, eventually } from "./boot-ingot.ts";

const DORA = join(import.meta.dirname, "..", "apps", "dora");
/** Each has a mark of its own, so that a failure says where it came from. */
const hush = (mark: string): string => `hush-${mark}-0123456789abcdef`;
let ingot: BootedIngot;

before(async () => {
  ingot = await bootIngot({ flags: ["--log-level", "debug"] });
  await ingot.login();
});
after(() => ingot?.[Symbol.asyncDispose]());

/** Everything that the platform has written for operators to read. */
function logs(): string {
  const read = (folder: string): string[] =>
    readdirSync(folder).flatMap((name) => {
      const path = join(folder, name);
      return statSync(path).isDirectory() ? read(path) : [readFileSync(path, "utf8")];
    });
  return [...read(join(ingot.state, "logs")), ...read(join(ingot.state, "reports"))].join("\n");
}

test("passwords, tokens, credentials and keys that went through the platform are in none of its logs", async (t) => {
  // A broker that repeats what it is sent in its errors, and an address that nobody answers at.
  const broker = createServer((request, response) => {
    response.writeHead(500, { "content-type": "application/json" });
    response.end(JSON.stringify({ description: `you sent ${request.headers.authorization}` }));
  });
  await new Promise<void>((resolve) => broker.listen(0, "127.0.0.1", resolve));
  t.after(() => broker.close());
  const { port } = broker.address() as AddressInfo;

  const { output: token } = await ingot.cf("oauth-token");
  const bearer = token.trim();
  assert.match(bearer, /^bearer eyJ/);
  const api = (method: string, path: string, body: object): Promise<unknown> =>
    ingot.api(method, path, bearer, JSON.stringify(body), "application/json");

  await ingot.cfOk("push", "dora", "-p", DORA, "--no-start");
  await ingot.cfOk("set-env", "dora", "DATABASE_URL", `postgres://u:${hush("env")}@db.example/x`);
  await ingot.cfOk("create-user-provided-service", "ups", "-p", JSON.stringify({ password: hush("ups") }));
  await ingot.cfOk("bind-service", "dora", "ups");
  await ingot.cfOk("start", "dora");
  await ingot.cf("run-task", "dora", "--command", `echo ${hush("task")} >/dev/null`);
  for (const url of [`http://127.0.0.1:${port}`, "http://127.0.0.1:1", `https://u:${hush("url")}@broker.example`]) {
    const authentication = { type: "basic", credentials: { username: "u", password: hush("broker") } };
    await api("POST", "/v3/service_brokers", { name: `b-${url.length}`, url, authentication });
  }
  const { resources } = JSON.parse((await ingot.api("GET", "/v3/apps", bearer, null, "")).body) as {
    resources: { guid: string }[];
  };
  const relationships = { app: { data: { guid: resources[0]!.guid } } };
  const data = { image: "registry.example/image", username: "u", password: hush("docker") };
  await api("POST", "/v3/packages", { type: "docker", relationships, data });
  await api("POST", "/v3/apps", { name: hush("broken"), lifecycle: { password: hush("lifecycle") } });
  await ingot.cf("auth", "admin", hush("wrong-password"));
  await ingot.cf("auth", "nobody", hush("nobody"));
  await ingot.api("GET", "/v3/apps", `bearer ${hush("token")}`, null, "");
  await ingot.api("GET", "/v3/apps", `Basic ${hush("basic")}`, null, "");
  const uaa = await ingot.get(
    "uaa.cf.localhost",
    `/oauth/authorize?client_id=cf&response_type=code&code=${hush("code")}`,
  );
  assert.ok(uaa.status > 0);
  await ingot.ingot("admin", "rotate", "all", "--state", ingot.state);
  const secrets = JSON.parse(readFileSync(join(ingot.state, "secrets.json"), "utf8")) as Record<string, string>;
  await eventually(() => assert.match(logs(), /TokenIssuedEvent/));

  const text = logs();
  assert.ok(text.split("\n").length > 10, "there is nothing to look at");
  const found = [...new Set(text.match(/hush-[\w-]+?-0123456789abcdef/g))];
  assert.deepEqual(found, []);
  for (const [name, secret] of Object.entries(secrets)) {
    if (name !== "cloudControllerDatabaseKeyCurrent") assert.ok(!text.includes(secret), name);
  }
  assert.ok(!text.includes(bearer.slice("bearer ".length, 60)), "a token");
  assert.doesNotMatch(text, /PRIVATE KEY/);
});
