import assert from "node:assert/strict";
import { test } from "node:test";
import type { Manifest } from "./manifest-file.ts";
import { applyOverrides, type PushOverrides } from "./manifest-overrides.ts";

const none: PushOverrides = { buildpacks: [], noRoute: false, randomRoute: false, task: false, hasStrategy: false };
const generated: Manifest = { path: null, rest: {}, applications: [{ name: "dora" }] };

test("without a manifest the app gets its default route", async () => {
  const { applications } = await applyOverrides(generated, none);
  assert.deepEqual(applications, [{ name: "dora", "default-route": true }]);
});

test("flags go into the app; no-route takes the default route away", async () => {
  const { applications } = await applyOverrides(generated, {
    ...none,
    memory: "1G",
    disk: "2G",
    instances: 0,
    command: "null",
    buildpacks: ["nodejs_buildpack"],
    noRoute: true,
  });
  assert.deepEqual(applications, [
    {
      name: "dora",
      instances: 0,
      memory: "1G",
      disk_quota: "2G",
      command: null,
      "no-route": true,
      buildpacks: ["nodejs_buildpack"],
    },
  ]);
});

test("when the manifest lists processes the web process takes the flags, and the manifest itself stays as it was", async () => {
  const manifest: Manifest = {
    path: null,
    rest: {},
    applications: [{ name: "dora", processes: [{ type: "worker" }, { type: "web", memory: "64M" }] }],
  };
  const { applications } = await applyOverrides(manifest, { ...none, memory: "1G" });
  assert.deepEqual(applications[0]!["processes"], [{ type: "worker" }, { type: "web", memory: "1G" }]);
  assert.deepEqual(manifest.applications[0]!["processes"], [{ type: "worker" }, { type: "web", memory: "64M" }]);
});

test("a name picks one app of several, renames the only one, or is not found", async () => {
  const two: Manifest = { path: null, rest: {}, applications: [{ name: "a" }, { name: "b" }] };
  assert.equal((await applyOverrides(two, { ...none, appName: "b" })).applications.length, 1);
  assert.equal((await applyOverrides(generated, { ...none, appName: "x" })).applications[0]!["name"], "x");
  await assert.rejects(applyOverrides(two, { ...none, appName: "c" }), /Could not find app named 'c' in manifest/);
});

test("flags for one app do not go with several apps, and an app needs a name", async () => {
  const two: Manifest = { path: null, rest: {}, applications: [{ name: "a" }, { name: "b" }] };
  await assert.rejects(applyOverrides(two, { ...none, memory: "1G" }), /cannot be applied when pushing multiple apps/);
  await assert.rejects(applyOverrides({ ...two, applications: [{}] }, none), /requires an app name/);
});

test("a path that is not there is named", async () => {
  const manifest: Manifest = {
    path: "/tmp/manifest.yml",
    rest: {},
    applications: [{ name: "a", path: "not-there-1" }],
  };
  await assert.rejects(applyOverrides(manifest, none), /make sure the file exists at given path \/tmp\/not-there-1/);
});
