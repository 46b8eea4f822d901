import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type BootedIngot, bootIngot, eventually } from "./boot-ingot.ts";

const EXAMPLES = join(import.meta.dirname, "..", "..", "examples");
const HOST = "hello-node.apps.cf.localhost";
let ingot: BootedIngot;

before(async () => {
  ingot = await bootIngot();
  await ingot.login();
});
after(() => ingot?.[Symbol.asyncDispose]());

test("hello-node is pushed through every component and answers over its route", async () => {
  const output = await ingot.cfOk("push", "hello-node", "-p", join(EXAMPLES, "hello-node"));
  assert.match(output, /#0\s+running/);
  const answer = await ingot.get(HOST);
  assert.equal(answer.status, 200);
  assert.match(answer.body, /hello/i);
  assert.ok(answer.headers["x-vcap-request-id"]);
});

test("its log lines, with those of API, staging, cell and router, are in the recent logs", async () => {
  await ingot.get(HOST, "/some-path");
  await eventually(async () => {
    const logs = await ingot.cfOk("logs", "hello-node", "--recent");
    for (const source of [/\[API\/0\]/, /\[STG\/0\]/, /\[CELL\/0\]/, /\[APP\/PROC\/WEB\/0\]/, /\[RTR\/0\].*some-path/])
      assert.match(logs, source);
  });
});

test("scaling to three instances spreads requests over all of them", async () => {
  await ingot.cfOk("scale", "hello-node", "-i", "3");
  const seen = new Set<string>();
  await eventually(async () => {
    const { body } = await ingot.get(HOST);
    seen.add(/instance (\d)/.exec(body)?.[1] ?? "");
    assert.equal(seen.size, 3, `seen: ${[...seen].join(", ")}`);
  });
});

test("an unknown route is answered as Gorouter does", async () => {
  const answer = await ingot.get("nobody.apps.cf.localhost");
  assert.equal(answer.status, 404);
  assert.equal(answer.headers["x-cf-routererror"], "unknown_route");
});

test("a stopped app loses its route and comes back on start", async () => {
  await ingot.cfOk("stop", "hello-node");
  await eventually(async () => assert.equal((await ingot.get(HOST)).status, 404));
  await ingot.cfOk("start", "hello-node");
  await eventually(async () => assert.equal((await ingot.get(HOST)).status, 200));
});

test("a task runs in the droplet and ends as succeeded", async () => {
  await ingot.cfOk("run-task", "hello-node", "--command", "echo from-the-task", "--name", "greet");
  await eventually(async () => assert.match(await ingot.cfOk("tasks", "hello-node"), /greet\s+SUCCEEDED/));
  await eventually(async () =>
    assert.match(await ingot.cfOk("logs", "hello-node", "--recent"), /\[APP\/TASK\/greet\/0\].*from-the-task/),
  );
});

test("a deleted app is gone: no route, no container", async () => {
  await ingot.cfOk("delete", "-f", "-r", "hello-node");
  await eventually(async () => assert.equal((await ingot.get(HOST)).status, 404));
  await eventually(async () => assert.equal((await ingot.status()).cells[0]?.containers, 0));
});
