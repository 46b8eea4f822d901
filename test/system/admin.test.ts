import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { callControl } from "../../src/platform/control.ts";
import { type BootedIngot, bootIngot, type CommandOutcome, eventually, freePort } from "./boot-ingot.ts";

const DORA = join(import.meta.dirname, "..", "apps", "dora");
const HOST = "dora.apps.cf.localhost";
const VARIABLE = "a value that is sealed";
let ingot: BootedIngot;
let metricsPort: number;

before(async () => {
  metricsPort = await freePort();
  ingot = await bootIngot({ flags: ["--metrics-port", String(metricsPort)] });
  await ingot.login();
  await ingot.cfOk("push", "dora", "-p", DORA, "--no-start");
  await ingot.cfOk("set-env", "dora", "SEALED_VARIABLE", VARIABLE);
  await ingot.cfOk("start", "dora");
});
after(() => ingot?.[Symbol.asyncDispose]());

const admin = (...argv: string[]): Promise<CommandOutcome> => ingot.ingot("admin", ...argv, "--state", ingot.state);
const adminOk = async (...argv: string[]): Promise<string> => {
  const { code, output } = await admin(...argv);
  assert.equal(code, 0, output);
  return output;
};
const secrets = (): Record<string, string> => JSON.parse(readFileSync(join(ingot.state, "secrets.json"), "utf8"));

test("a user who was made on the machine signs in, is an administrator, and cannot sign in once deactivated", async () => {
  const [, password = ""] = /password\s+(\S+)/.exec(await adminOk("users", "create", "zoe", "--admin")) ?? [];
  await ingot.cfOk("auth", "zoe", password);
  await ingot.cfOk("create-org", "org-of-zoe");
  assert.match(await adminOk("users", "list"), /zoe +uaa +active +\d{4}-\S+ +admin/);
  await adminOk("users", "deactivate", "zoe");
  assert.notEqual((await ingot.cf("auth", "zoe", password)).code, 0);
  assert.equal((await admin("users", "create", "zoe")).code, 1);
  // `ingot login` knows the administrator's new password, too.
  await adminOk("users", "set-password", "admin");
  await ingot.cfOk("auth", "admin", ingot.adminPassword);
  await ingot.cfOk("target", "-o", "test-org", "-s", "test-space");
});

test("every secret is rotated while an app serves and somebody is signed in", async () => {
  const before = secrets();
  const output = await adminOk("rotate", "all");
  assert.match(output, /seal-key: [1-9]\d* secrets are sealed with key-2; older keys are gone/);
  const now = secrets();
  for (const [name, value] of Object.entries(before)) {
    if (name !== "adminPassword") assert.notEqual(now[name], value, name);
  }
  assert.match(await ingot.cfOk("env", "dora"), new RegExp(VARIABLE)); // the token is of the old signing key
  assert.equal((await ingot.get(HOST)).status, 200);
  await ingot.cfOk("auth", "admin", ingot.adminPassword);
  await ingot.cfOk("target", "-o", "test-org", "-s", "test-space");
});

test("kill -9 in the middle of a change of the sealing key loses nothing, and the next start finishes it", async () => {
  for (const afterMs of [30, 60, 120, 1_000]) {
    const rotating = callControl(
      join(ingot.state, "run", "control.sock"),
      "POST",
      "/admin/rotate",
      { what: "seal-key" },
      60_000,
    );
    await sleep(afterMs); // the moment is the case
    await ingot.kill();
    await rotating;
    await ingot.up();
    assert.match(await ingot.cfOk("env", "dora"), new RegExp(VARIABLE));
  }
  await eventually(() => {
    const keys = Object.keys(secrets()).filter((name) => /^cloudControllerDatabaseKey(:|$)/.test(name));
    assert.equal(keys.length, 1, keys.join());
  });
  assert.match(await ingot.cfOk("env", "dora"), new RegExp(VARIABLE));
});

test("a check finds nothing where all is well, and what is not it names and repairs", async () => {
  await eventually(async () => assert.match(await adminOk("check"), /all well/), 60_000);
  const contents = join(ingot.state, "blobs", "contents");
  const names = (bucket: string): readonly { key: string; sha256: string }[] => {
    using db = new DatabaseSync(join(ingot.state, "blobs", "names.sqlite"), { readOnly: true });
    return db.prepare("SELECT key, sha256 FROM blob_name WHERE bucket = ?").all(bucket) as never;
  };
  const [droplet] = names("droplets");
  assert.ok(droplet !== undefined);
  rmSync(join(contents, droplet.sha256.slice(0, 2), droplet.sha256));
  const [pkg] = names("packages");
  assert.ok(pkg !== undefined);
  writeFileSync(join(contents, pkg.sha256.slice(0, 2), pkg.sha256), "rotten");

  const found = await admin("check");
  assert.equal(found.code, 1, found.output);
  assert.match(found.output, new RegExp(`blob of droplet ${droplet.key} is lost or damaged`));
  assert.match(found.output, new RegExp(`blob of package ${pkg.key} is lost or damaged`));
  await adminOk("check", "--repair");
  assert.match(await adminOk("check"), /all well/);
  // The app serves on; its droplet is honest about what it lost, and the next push makes another.
  assert.equal((await ingot.get(HOST)).status, 200);
  await ingot.cfOk("push", "dora", "-p", DORA);
  assert.match(await adminOk("check"), /all well/);
});

test("blobs of nobody are found and removed", async () => {
  const contents = join(ingot.state, "blobs", "contents");
  const digest = "ab".repeat(32);
  {
    using db = new DatabaseSync(join(ingot.state, "blobs", "names.sqlite"));
    db.prepare("INSERT INTO blob_name VALUES ('droplets', 'nobody', ?, ?, 1)").run(digest, "0".repeat(40));
  }
  mkdirSync(join(contents, "ab"), { recursive: true });
  writeFileSync(join(contents, "ab", digest), "x");
  const found = await admin("check", "--json");
  assert.equal(found.code, 1, found.output);
  assert.match(found.stdout, /blob droplets\/nobody belongs to nothing/);
  await adminOk("check", "--repair");
  assert.match(await adminOk("check"), /all well/);
  assert.equal(readdirSync(join(contents, "ab")).includes(digest), false);
});

test("metrics tell what runs, and name no tenant", async () => {
  await ingot.get(HOST);
  await ingot.cfOk("auth", "admin", ingot.adminPassword);
  const page = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
  for (const line of page.trimEnd().split("\n")) {
    assert.match(line, /^(# (HELP|TYPE) \w+ .+|\w+(\{(\w+="[^"]*",?)*\})? ([-+]?[\d.e+-]+|[-+]?Inf|NaN))$/);
  }
  const value = (series: string): number => {
    const line = page.split("\n").find((one) => one.startsWith(`${series} `));
    assert.ok(line !== undefined, `${series} is not on the page`);
    return Number(line.slice(series.length + 1));
  };
  assert.equal(value('ingot_bbs_actual_lrps{domain="cf-apps",state="RUNNING"}'), 1);
  assert.equal(value('ingot_bbs_desired_instances{domain="cf-apps"}'), 1);
  assert.equal(value("ingot_garden_containers"), 1);
  assert.ok(value('ingot_uaa_events_total{event="TokenIssuedEvent",grant="password"}') > 0);
  assert.ok(value('ingot_router_responses_total{status="2xx"}') > 0);
  assert.ok(value("ingot_router_request_seconds_count") > 0);
  assert.ok(value("ingot_auctioneer_auction_seconds_count") >= 0);
  assert.ok(value("ingot_process_resident_bytes") > 1e6);
  assert.equal(value("ingot_metrics_collectors_failed"), 0);
  assert.doesNotMatch(page, /dora|zoe|test-org|test-space/);
  assert.equal(await (await fetch(`http://127.0.0.1:${metricsPort}/healthz`)).text(), "ok\n");
});

test("the whole platform says whether it is well", async () => {
  const socket = join(ingot.state, "run", "control.sock");
  assert.deepEqual(await callControl(socket, "GET", "/healthz", null, 10_000), {
    status: 200,
    body: { healthy: true, failing: [] },
  });
  assert.equal((await ingot.get("api.cf.localhost", "/healthz")).status, 200);
  assert.equal((await ingot.get("uaa.cf.localhost", "/healthz")).status, 200);
});

test("orders need a running platform, and say so", async () => {
  const { code, output } = await ingot.ingot("admin", "users", "list", "--state", `${ingot.state}-none`);
  assert.equal(code, 3);
  assert.match(output, /does not run/);
  assert.equal((await admin("bogus")).code, 2);
  assert.match((await ingot.ingot("admin")).output, /admin backup FILE/);
});
