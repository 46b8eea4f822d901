import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { afterEach, beforeEach, test } from "node:test";
import { fromBuffer } from "yauzl";
import { document, PushFlow, zipOf } from "./testing/push-flow.ts";

let flow: PushFlow;

beforeEach(async () => {
  flow = await PushFlow.boot();
});

afterEach(async () => {
  await flow[Symbol.asyncDispose]();
});

const sha = (algorithm: string, text: string): string => createHash(algorithm).update(text).digest("hex");

async function namesIn(zip: Buffer): Promise<string[]> {
  return await new Promise((done, reject) => {
    fromBuffer(zip, (error, archive) => {
      if (error) return reject(error);
      const names: string[] = [];
      archive.on("entry", ({ fileName }) => names.push(fileName));
      archive.on("end", () => done(names.sort()));
      archive.on("error", reject);
    });
  });
}

test("a push: manifest, bits, build, droplet, start", async () => {
  const app = await flow.apply(
    "applications:\n- name: hello\n  memory: 64M\n  instances: 2\n  env: {GREETING: hi}\n  default-route: true\n",
    "hello",
  );
  const pkg = await flow.upload(app.guid, await zipOf({ "server.js": "1" }));
  assert.equal(pkg.state, "READY");
  const build = await flow.build(pkg.guid);
  const [request] = flow.staged;
  assert.equal(request?.buildGuid, build.guid);
  assert.equal(request?.packageGuid, pkg.guid);
  assert.ok(request?.environment.some(({ name, value }) => name === "GREETING" && value === "hi"));

  await flow.finish(build, { web: "node server.js", worker: "node worker.js" });
  const staged = document(await flow.call("GET", `/v3/builds/${build.guid}`));
  assert.equal(staged.state, "STAGED");
  const droplet = { data: { guid: staged.droplet.guid } };
  const assigned = await flow.call("PATCH", `/v3/apps/${app.guid}/relationships/current_droplet`, droplet);
  assert.equal(assigned.status, 200);
  assert.deepEqual(await flow.cc.bridgeSource.processesToRun(AbortSignal.timeout(1000)), []);

  const started = document(await flow.call("POST", `/v3/apps/${app.guid}/actions/start`));
  assert.equal(started.state, "STARTED");
  const [listed, ...others] = await flow.cc.bridgeSource.processesToRun(AbortSignal.timeout(1000));
  assert.ok(listed);
  assert.deepEqual(others, [], "the worker has no instances");
  assert.ok(flow.changed.includes(listed.guid));
  const process = await flow.cc.bridgeSource.processToRun(listed.guid, AbortSignal.timeout(1000));
  assert.equal(process?.startCommand, "node server.js");
  assert.equal(process?.instances, 2);
  assert.equal(process?.memoryMb, 64);
  assert.deepEqual(process?.droplet, { algorithm: "sha256", value: sha("sha256", "droplet bits") });
  assert.deepEqual(
    process?.httpRoutes.map(({ uri, port }) => [uri, port]),
    [["hello.apps.cf.localhost", 8080]],
  );
  const bits = await flow.internal("GET", `/internal/v4/droplets/${listed.guid}/${process?.droplet.value}/download`);
  assert.equal(bits.text, "droplet bits");
});

test("downloads lead to links that need no token, hold for an hour and only for that file", async () => {
  const app = await flow.apply("applications:\n- name: hello\n", "hello");
  const pkg = await flow.upload(app.guid, await zipOf({ "server.js": "1" }));
  const other = await flow.upload(app.guid, await zipOf({ "other.js": "1" }));
  const build = await flow.build(pkg.guid);
  await flow.finish(build, { web: "node server.js" });
  const staged = document(await flow.call("GET", `/v3/builds/${build.guid}`));
  assert.equal(String(await flow.download(`/v3/droplets/${staged.droplet.guid}/download`)), "droplet bits");

  const link = await flow.downloadLink(`/v3/packages/${pkg.guid}/download`);
  assert.deepEqual(await namesIn(Buffer.from(await (await fetch(flow.cc.url + link)).arrayBuffer())), ["server.js"]);
  const expires = Number(new URLSearchParams(link.split("?")[1]).get("expires"));
  for (const forged of [
    link.replace(pkg.guid, other.guid),
    link.replace("/packages/", "/droplets/"),
    link.replace(String(expires), String(expires + 1)),
    link.replace(/signature=[^&]+/, "signature="),
    link.replace(/\?.*/, ""),
  ]) {
    assert.notEqual(forged, link);
    assert.equal((await fetch(flow.cc.url + forged)).status, 404, forged);
  }
});

test("a restart makes new containers, more instances do not", async () => {
  const app = await pushed();
  const first = await running();
  const [web] = document(await flow.call("GET", `/v3/apps/${app.guid}/processes`)).resources;
  await flow.call("POST", `/v3/processes/${web?.guid}/actions/scale`, { instances: 3 });
  const wider = await running();
  assert.equal(wider?.version, first?.version);
  assert.notEqual(wider?.annotation, first?.annotation);
  await flow.call("POST", `/v3/processes/${web?.guid}/actions/scale`, { memory_in_mb: 99 });
  assert.equal((await running())?.version, wider?.version, "more memory waits for the next restart");
  await flow.call("POST", `/v3/apps/${app.guid}/actions/restart`);
  assert.notEqual((await running())?.version, wider?.version);
  await flow.call("POST", `/v3/apps/${app.guid}/actions/stop`);
  assert.equal(await running(), undefined);
});

test("a staging that failed says why", async () => {
  const app = await flow.apply("applications:\n- name: a\n", "a");
  const pkg = await flow.upload(app.guid, await zipOf({ a: "1" }));
  const build = await flow.build(pkg.guid);
  const reason = "Exited with status 222";
  assert.equal((await flow.complete(build, { failed: true, failure_reason: reason })).status, 200);
  const failed = document(await flow.call("GET", `/v3/builds/${build.guid}`));
  assert.equal(failed.state, "FAILED");
  assert.match(failed.error ?? "", /^NoAppDetectedError - /);
  assert.equal((await flow.complete(build, { failed: true, failure_reason: reason })).status, 400, "told once");
});

test("a build without a usable result fails, and its droplet never runs", async () => {
  const app = await flow.apply("applications:\n- name: a\n", "a");
  const build = await flow.build((await flow.upload(app.guid, await zipOf({ a: "1" }))).guid);
  const answer = await flow.complete(build, { failed: false, result: "{}" });
  assert.equal(answer.status, 400);
  assert.equal(document(await flow.call("GET", `/v3/builds/${build.guid}`)).state, "FAILED");
});

test("bits that are no archive make a failed package, which cannot be built", async () => {
  const app = await flow.apply("applications:\n- name: a\n", "a");
  const pkg = await flow.upload(app.guid, Buffer.from("no zip"));
  assert.equal(pkg.state, "FAILED");
  assert.match(pkg.data.error ?? "", /invalid/i);
  const refused = await flow.call("POST", "/v3/builds", { package: { guid: pkg.guid } });
  assert.equal(refused.status, 400);
});

test("files that the platform knows from an earlier package are not uploaded again", async () => {
  const app = await flow.apply("applications:\n- name: a\n", "a");
  const large = "x".repeat(70_000);
  await flow.upload(app.guid, await zipOf({ "large.txt": large, "own.txt": "1" }));
  const resource = { checksum: { value: sha("sha1", large) }, size_in_bytes: large.length, path: "moved.txt" };
  const known = async (): Promise<unknown> =>
    (await flow.call("POST", "/v3/resource_matches", { resources: [resource] })).body;
  const until = AbortSignal.timeout(5000);
  while (JSON.stringify(await known()) === '{"resources":[]}') until.throwIfAborted();
  const pkg = await flow.upload(app.guid, await zipOf({ "new.txt": "2" }), [{ ...resource, mode: "0755" }]);
  assert.equal(pkg.state, "READY");
  assert.deepEqual(await namesIn(await flow.download(`/v3/packages/${pkg.guid}/download`)), ["moved.txt", "new.txt"]);
  const unknown = { ...resource, checksum: { value: "0".repeat(40) } };
  const incomplete = await flow.upload(app.guid, null, [unknown]);
  assert.equal(incomplete.state, "FAILED");
});

test("deleting an app takes all that belongs to it", async () => {
  const app = await pushed();
  const job = await flow.cc.job(await flow.call("DELETE", `/v3/apps/${app.guid}`));
  assert.deepEqual([job.state, job.errors], ["COMPLETE", []]);
  for (const kind of ["apps", "processes", "packages", "droplets", "builds", "tasks"]) {
    assert.deepEqual(document(await flow.call("GET", `/v3/${kind}`)).resources, [], kind);
  }
  const [route] = document(await flow.call("GET", "/v3/routes")).resources;
  const destinations = await flow.call("GET", `/v3/routes/${route?.guid}/destinations`);
  assert.deepEqual((destinations.body as { destinations: unknown[] }).destinations, []);
  assert.equal(await running(), undefined);
});

test("a task goes to Diego and its end is recorded once", async () => {
  const app = await pushed();
  const created = await flow.call("POST", `/v3/apps/${app.guid}/tasks`, { command: "migrate" });
  assert.equal(created.status, 202);
  const task = document(created);
  assert.deepEqual(
    flow.tasks.map(({ guid, command }) => [guid, command]),
    [[task.guid, "migrate"]],
  );
  const end = { task_guid: task.guid, failed: true, failure_reason: "APP/TASK/t: Exited with status 3" };
  await flow.internal("POST", `/internal/v4/tasks/${task.guid}/completed`, JSON.stringify(end));
  await flow.internal("POST", `/internal/v4/tasks/${task.guid}/completed`, JSON.stringify({ ...end, failed: false }));
  assert.equal(document(await flow.call("GET", `/v3/tasks/${task.guid}`)).state, "FAILED");
  assert.deepEqual(await flow.cc.bridgeSource.unfinishedTasks(AbortSignal.timeout(1000)), []);
});

test("a crash becomes two events that name the instance", async () => {
  const app = await pushed();
  const process = await running();
  await flow.cc.bridgeSource.processCrashed(process?.guid ?? "", process?.version ?? "", {
    instanceGuid: "i-1",
    index: 1,
    cellId: "cell",
    exitDescription: "out of memory",
    crashCount: 2,
    crashTimestampNs: 1n,
  });
  const events = await flow.call("GET", `/v3/audit_events?target_guids=${app.guid},${process?.guid}`);
  const types = (events.body as { resources: { type: string }[] }).resources.map(({ type }) => type);
  assert.ok(types.includes("audit.app.process.crash"), types.join());
  assert.ok(types.includes("app.crash"), types.join());
});

/** A started app. */
async function pushed() {
  const app = await flow.apply("applications:\n- name: a\n  default-route: true\n", "a");
  const build = await flow.build((await flow.upload(app.guid, await zipOf({ a: "1" }))).guid);
  await flow.finish(build, { web: "run" });
  const { droplet } = document(await flow.call("GET", `/v3/builds/${build.guid}`));
  await flow.call("PATCH", `/v3/apps/${app.guid}/relationships/current_droplet`, { data: { guid: droplet.guid } });
  await flow.call("POST", `/v3/apps/${app.guid}/actions/start`);
  return app;
}

async function running() {
  const [process] = await flow.cc.bridgeSource.processesToRun(AbortSignal.timeout(1000));
  return process;
}
