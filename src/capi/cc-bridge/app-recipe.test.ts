import assert from "node:assert/strict";
import { test } from "node:test";
import { appRecipe, appUpdate } from "./app-recipe.ts";
import { checkDefinition } from "./check-definition.ts";
import { defaultBridgeConfig } from "./config.ts";
import { cpuWeight } from "./cpu-weight.ts";
import { egressRules } from "./egress-rules.ts";
import { webProcess } from "./samples.test-data.ts";

const config = defaultBridgeConfig("/none");

test("a web process becomes an LRP that fetches its droplet and runs the launcher on port 8080", () => {
  const lrp = appRecipe(webProcess, config);
  assert.equal(lrp.processGuid, `${webProcess.guid}-${webProcess.version}`);
  assert.equal(lrp.domain, "cf-apps");
  assert.equal(lrp.rootfs, "preloaded:cflinuxfs4");
  assert.deepEqual(lrp.ports, [8080]);
  assert.equal(lrp.startTimeoutMs, 60_000);
  assert.deepEqual(lrp.setup, {
    kind: "serial",
    actions: [
      {
        kind: "download",
        artifact: "droplet",
        from: `https://cloud-controller-ng.service.cf.internal:9023/internal/v4/droplets/${webProcess.guid}/cafe/download`,
        to: ".",
        cacheKey: `droplets-${lrp.processGuid}`,
        user: "vcap",
        checksumAlgorithm: "sha256",
        checksumValue: "cafe",
      },
    ],
  });
  assert.deepEqual(lrp.action, {
    kind: "codependent",
    actions: [
      {
        kind: "run",
        user: "vcap",
        path: "/tmp/lifecycle/launcher",
        args: ["app", "node server.js", ""],
        env: [
          { name: "PORT", value: "8080" },
          { name: "VCAP_APP_PORT", value: "8080" },
          { name: "VCAP_APP_HOST", value: "0.0.0.0" },
          { name: "VCAP_APPLICATION", value: "{}" },
        ],
        logSource: "APP/PROC/WEB",
        nofile: 16384,
      },
    ],
  });
  assert.deepEqual(lrp.routes["cf-router"], [{ hostnames: ["hello.apps.test"], port: 8080, protocol: "http1" }]);
  assert.deepEqual(lrp.certificateOrganizationalUnits, [
    `organization:${webProcess.organizationGuid}`,
    `space:${webProcess.spaceGuid}`,
    `app:${webProcess.appGuid}`,
  ]);
  assert.deepEqual(lrp.metricTags["instance_id"], { kind: "dynamic", value: "INDEX" });
});

test("sidecars run beside the app under their own log source", () => {
  const sidecar = { name: "proxy", command: "./proxy", environment: [] };
  const { action } = appRecipe({ ...webProcess, sidecars: [sidecar] }, config);
  assert.equal(action.kind, "codependent");
  const [, second] = action.kind === "codependent" ? action.actions : [];
  assert.equal(second?.kind === "run" ? second.logSource : "", "APP/PROC/WEB/SIDECAR/PROXY");
});

test("an update carries instances, annotation, tags and routes, and nothing that needs new containers", () => {
  assert.deepEqual(Object.keys(appUpdate(webProcess)).sort(), ["annotation", "instances", "metricTags", "routes"]);
});

test("a port check asks every port, an HTTP check the first, a process check none", () => {
  const none = { ...webProcess.readinessHealthCheck };
  const check = { ...webProcess.healthCheck, invocationTimeoutSeconds: 3 };
  assert.deepEqual(checkDefinition(check, none, [8080, 9090])?.checks, [
    { kind: "tcp", port: 8080, connectTimeoutMs: 3000, intervalMs: 0 },
    { kind: "tcp", port: 9090, connectTimeoutMs: 3000, intervalMs: 0 },
  ]);
  assert.deepEqual(checkDefinition({ ...check, type: "http", httpEndpoint: "/up" }, none, [8080, 9090])?.checks, [
    { kind: "http", port: 8080, path: "/up", requestTimeoutMs: 3000, intervalMs: 0 },
  ]);
  assert.equal(checkDefinition({ ...check, type: "process" }, none, [8080]), null);
});

test("CPU weight follows memory between 128 MB and 8 GB", () => {
  assert.deepEqual([64, 128, 1024, 8192, 16384].map(cpuWeight), [1, 1, 12, 100, 100]);
});

test("security group rules become egress rules, each once, logging ones last", () => {
  const logged = { protocol: "tcp", destination: "10.0.0.1", ports: "5432", log: true } as const;
  const range = { protocol: "udp", destination: "10.0.0.0/8, 192.168.0.1", ports: "1024-2048" } as const;
  const ping = { protocol: "icmp", destination: "0.0.0.0/0", type: 8, code: 0 } as const;
  assert.deepEqual(egressRules([logged, range, ping, { ...range }]), [
    { protocol: "udp", destinations: ["10.0.0.0/8", "192.168.0.1"], portRange: { start: 1024, end: 2048 } },
    { protocol: "icmp", destinations: ["0.0.0.0/0"], icmpInfo: { type: 8, code: 0 } },
    { protocol: "tcp", destinations: ["10.0.0.1"], ports: [5432], log: true },
  ]);
});
