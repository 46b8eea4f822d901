import assert from "node:assert/strict";
import { test } from "node:test";
import { plainEnv, runToEnd, StagingBench } from "../../lifecycle/testing/staging-bench.ts";
import { addSystemBuildpack } from "../testing/pack-bench.ts";

test("a binary app is never detected, and staged when asked for, with the Procfile's command", async () => {
  using bench = await StagingBench.open();
  await addSystemBuildpack(bench, "binary");
  bench.writeApp({ server: "#!/bin/sh\necho serving\n", Procfile: "web: ./server\n" });
  assert.equal((await bench.stage(["binary_buildpack"])).code, 222);
  const ended = await bench.stage(["binary_buildpack"], ["-skipDetect"]);
  assert.equal(ended.code, 0, ended.stderr);
  assert.match(ended.stdout, /-----> Binary Buildpack version 1\.0\.0/);
  assert.deepEqual(bench.result()["process_types"], { web: "./server" });
  const home = await bench.unpackDroplet();
  const launched = await runToEnd(`${bench.lifecycleDir}/launcher`, ["app", "", "{}"], { cwd: home, env: plainEnv() });
  assert.equal(launched.stdout.trim().split("\n").at(-1), "serving");
});

test("without a command the app ends with a reason", async () => {
  using bench = await StagingBench.open();
  await addSystemBuildpack(bench, "binary");
  assert.equal((await bench.stage(["binary_buildpack"], ["-skipDetect"])).code, 0);
  const home = await bench.unpackDroplet();
  const launched = await runToEnd(`${bench.lifecycleDir}/launcher`, ["app", "", "{}"], { cwd: home, env: plainEnv() });
  assert.equal(launched.code, 1);
  assert.match(launched.stderr, /Error: no start command specified during staging or launch/);
});
