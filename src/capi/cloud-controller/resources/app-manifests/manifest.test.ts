import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { logRate, megabytes, parseByteSize, shownBytes } from "./byte-size.ts";
import { manifestDiff } from "./diff.ts";
import { parseManifestRoute } from "./manifest-route.ts";
import { parseManifest } from "./manifest-yaml.ts";
import type { AppManifest } from "./model.ts";
import { readAppManifest } from "./read-manifest.ts";

const flags = { docker: false, cnb: false, hashing: false };

async function read(yaml: string): Promise<AppManifest | readonly string[]> {
  const [entry = {}] = await parseManifest(`applications:\n- ${yaml.trim().replaceAll("\n", "\n  ")}\n`);
  const result = readAppManifest(entry, flags);
  return "manifest" in result ? result.manifest : result.faults;
}

async function manifest(yaml: string): Promise<AppManifest> {
  const result = await read(yaml);
  assert.ok("name" in result, JSON.stringify(result));
  return result;
}

test("settings of the app are the web process's, unless the processes have one", async () => {
  const own = await manifest("name: a\nmemory: 1G\ninstances: 2\ncommand: run\nhealth-check-type: none");
  assert.deepEqual(own.processes, [
    {
      type: "web",
      update: { command: "run", health_check_type: "process" },
      scale: { instances: 2, memory_in_mb: 1024 },
    },
  ]);
  const both = await manifest(
    "name: a\nmemory: 1G\nprocesses:\n- type: worker\n  memory: 64M\n- type: web\n  instances: 3",
  );
  assert.deepEqual(
    both.processes.map(({ type, scale }) => [type, scale]),
    [
      ["web", { instances: 3 }],
      ["worker", { memory_in_mb: 64 }],
    ],
  );
});

test("an app may be called y, and yes is a boolean, as Ruby reads YAML", async () => {
  const app = await manifest("name: y\nno-route: yes\nenv: {A: 1, B: off, C: {d: [1]}, E: }");
  assert.equal(app.name, "y");
  assert.equal(app.noRoute, true);
  assert.deepEqual(app.env, { A: "1", B: "false", C: '{"d":[1]}', E: "" });
});

test("command null and default go back to the droplet's command", async () => {
  for (const word of ["null", "~", "default", '"null"']) {
    const [web] = (await manifest(`name: a\ncommand: ${word}`)).processes;
    assert.deepEqual(web?.update, { command: null }, word);
  }
});

test("buildpack default means detection, buildpacks are kept in order", async () => {
  assert.deepEqual((await manifest("name: a\nbuildpack: default")).lifecycle, { buildpacks: [] });
  assert.deepEqual((await manifest("name: a\nbuildpacks: [x, y]\nstack: s")).lifecycle, {
    buildpacks: ["x", "y"],
    stack: "s",
  });
  assert.equal((await manifest("name: a")).lifecycle, null);
});

test("what is wrong is told in CC's words", async () => {
  assert.deepEqual(await read("memory: 12"), [
    "Name must not be empty",
    "Name must be a string",
    'Process "web": Memory must use a supported unit: B, K, KB, M, MB, G, GB, T, or TB',
  ]);
  assert.deepEqual(await read("name: a\ninstances: -1\nmemory: huge\ntimeout: 0"), [
    'Process "web": Memory is not a number',
    'Process "web": Instances must be greater than or equal to 0',
    'Process "web": Timeout must be greater than or equal to 1',
  ]);
  assert.deepEqual(await read("name: a\nroutes: [x]\nrandom-route: 3\nservices: 1\nenv: 1\nfeatures: {nope: true}"), [
    "Services must be a list of service instances",
    "Env must be an object of keys and values",
    "Routes must be a list of route objects",
    "Random-route must be a boolean",
    "Features must be a map of valid feature names to booleans (true = enabled, false = disabled)",
  ]);
  assert.deepEqual(await read("name: a\ndocker: {image: x}\nbuildpack: y\nsidecars:\n- name: s"), [
    'Sidecar "s": Command can\'t be blank',
    'Sidecar "s": Command must be a string',
    'Sidecar "s": Process types must be an array',
    'Sidecar "s": Process types must have at least 1 process_type',
    "Feature Disabled: diego_docker",
    "Cannot specify both buildpack(s) and docker keys",
  ]);
});

test("documents that are no manifest are refused", async () => {
  await assert.rejects(parseManifest("a: [1"), /parse error/);
  for (const text of ["", "[]", "applications: []", "applications: 1", "x: 1"]) {
    await assert.rejects(parseManifest(text), /no 'applications' field/, text);
  }
  await assert.rejects(parseManifest("version: 2\napplications: [{name: a}]"), /Unsupported manifest schema version/);
  const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b]\napplications: [*c,*c]`;
  await assert.rejects(parseManifest(bomb), /parse error/);
});

test("property: any YAML value in place of an app gives faults or a manifest, never a crash", () => {
  const keys = [
    "name",
    "memory",
    "routes",
    "processes",
    "sidecars",
    "env",
    "metadata",
    "services",
    "features",
    "buildpacks",
  ];
  // What `String()` would call is data like any other.
  const hostile = fc.constantFrom({ toString: 1 }, { valueOf: null, toString: null, type: { toString: [] }, name: {} });
  const entry = fc.dictionary(
    fc.constantFrom(...keys),
    fc.oneof(fc.jsonValue(), hostile, fc.array(fc.oneof(fc.jsonValue(), hostile))),
  );
  fc.assert(
    fc.property(entry, (raw) => {
      const result = readAppManifest(raw as Record<string, unknown>, flags);
      assert.ok("manifest" in result || result.faults.length > 0);
    }),
  );
});

test("sizes are read and shown", () => {
  assert.deepEqual(
    ["64M", "1G", "1.5gb", "512 KB", "1T"].map((text) => megabytes(text)),
    [64, 1024, 1536, 0, 1048576],
  );
  assert.equal(logRate("-1"), -1);
  assert.equal(logRate("16K"), 16384);
  assert.deepEqual(parseByteSize("x"), { fault: "number" });
  assert.deepEqual(parseByteSize("12"), { fault: "unit" });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 40 }), (bytes) => {
      assert.deepEqual(parseByteSize(shownBytes(bytes)), { bytes });
    }),
  );
});

test("routes are taken apart; what is no route is refused", () => {
  assert.deepEqual(parseManifestRoute("https://a.b.test/p"), {
    text: "https://a.b.test/p",
    candidates: [
      { host: "", domain: "a.b.test" },
      { host: "a", domain: "b.test" },
    ],
    path: "/p",
    port: null,
  });
  assert.deepEqual(parseManifestRoute("*.b.test")?.candidates, [{ host: "*", domain: "b.test" }]);
  assert.equal(parseManifestRoute("tcp.test:1234")?.port, 1234);
  for (const text of ["http://", "", "a b.test", "ftp://a.b", "https://a.b:80", "a..b", "/x"]) {
    assert.equal(parseManifestRoute(text), null, text);
  }
});

test("a diff tells only of what the manifest names", () => {
  const existing = {
    name: "a",
    env: { A: "1", B: "2" },
    processes: [{ type: "web", instances: 1, memory: "64M", disk_quota: "1024M" }],
    routes: [
      { route: "a.test", protocol: "http1" },
      { route: "b.test", protocol: "http1" },
    ],
  };
  const steps = manifestDiff(
    0,
    { name: "a", instances: 2, env: { A: "1", C: "3" }, routes: [{ route: "a.test" }] },
    existing,
  );
  assert.deepEqual(steps, [
    { op: "replace", path: "/applications/0/instances", was: 1, value: 2 },
    { op: "remove", path: "/applications/0/env/B", was: "2" },
    { op: "add", path: "/applications/0/env/C", value: "3" },
  ]);
  assert.deepEqual(manifestDiff(1, { name: "new" }, null), [{ op: "add", path: "/applications/1/name", value: "new" }]);
});
