import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type BootedIngot, bootIngot } from "./boot-ingot.ts";

const EXAMPLES = join(import.meta.dirname, "..", "..", "examples");
const FULL = process.env["INGOT_TEST_FULL"] === "1";

/** What each example answers, and the buildpack that finds it. `slow`: fetches or compiles for more than half a minute. */
const APPS = [
  { name: "hello-static", buildpack: "staticfile", path: "/", answers: /<html/, slow: false },
  { name: "hello-nginx", buildpack: "nginx", path: "/instance", answers: /^0\n$/, slow: false },
  { name: "node-express", buildpack: "nodejs", path: "/", answers: /"index":0/, slow: false },
  { name: "hello-python", buildpack: "python", path: "/", answers: /^Hello from Python, instance 0\n$/, slow: true },
  { name: "hello-go", buildpack: "go", path: "/", answers: /^Hello from Go, instance 0\n$/, slow: true },
] as const;

let ingot: BootedIngot;

before(async () => {
  ingot = await bootIngot();
  await ingot.login();
});
after(() => ingot?.[Symbol.asyncDispose]());

for (const { name, buildpack, path, answers, slow } of APPS) {
  test(`${name} is found by ${buildpack}_buildpack and answers`, {
    skip: slow && !FULL ? "only with --full" : false,
  }, async () => {
    const output = await ingot.cfOk("push", name, "-p", join(EXAMPLES, name), "-m", "128M");
    assert.match(output, new RegExp(`${buildpack}_buildpack +\\d+\\.\\d+\\.\\d+`));
    const { status, body } = await ingot.get(`${name}.apps.cf.localhost`, path);
    assert.deepEqual([status, answers.test(body)], [200, true], body);
    await ingot.cfOk("delete", name, "-f", "-r");
  });
}
