import assert from "node:assert/strict";
import { test } from "node:test";
import type { Action } from "../../protocol/action.ts";
import { defaultBridgeConfig } from "./config.ts";
import { helloBuild, migrateTask } from "./samples.test-data.ts";
import { buildpackFolder, stagingRecipe } from "./staging-recipe.ts";
import { taskRecipe } from "./task-recipe.ts";

const config = defaultBridgeConfig("/none");

function steps(action: Action): readonly Action[] {
  if (action.kind === "timeout") return steps(action.action);
  assert.equal(action.kind, "serial");
  return action.kind === "serial" ? action.actions : [];
}

test("staging downloads package and cache, runs the builder, uploads droplet and cache", () => {
  const recipe = stagingRecipe(helloBuild, config);
  const [download, build, upload] = steps(recipe.action);
  assert.equal(download?.kind === "parallel" && download.actions.map(({ kind }) => kind).join(), "download,try");
  assert.ok(build?.kind === "run");
  assert.deepEqual(build.args.slice(0, 3), [
    "-buildpackOrder=bp1_sum,https://example.test/bp.git",
    "-skipCertVerify=false",
    "-skipDetect=true",
  ]);
  assert.ok(upload?.kind === "emit-progress" && upload.action.kind === "parallel");
  const [droplet, cache] = upload.action.actions;
  assert.ok(droplet?.kind === "upload" && cache?.kind === "upload");
  const target = new URL(droplet.to);
  assert.equal(target.pathname, `/v1/droplet/${helloBuild.buildGuid}`);
  assert.equal(
    target.searchParams.get("cc-droplet-upload-uri"),
    `${config.ccInternalUrl}/internal/v4/droplets/${helloBuild.buildGuid}/upload`,
  );
  assert.equal(recipe.resultFile, "/tmp/result.json");
  assert.equal(
    recipe.completionCallbackUrl,
    `${config.ccInternalUrl}/internal/v3/staging/${helloBuild.buildGuid}/build_completed?start=false`,
  );
});

test("only installed buildpacks are mounted; a custom one is fetched by the builder", () => {
  const recipe = stagingRecipe(helloBuild, config);
  assert.deepEqual(
    recipe.cachedDependencies.map(({ name, to }) => [name, to]),
    [
      ["buildpack_app_lifecycle", "/tmp/lifecycle"],
      ["nodejs_buildpack", buildpackFolder("bp1_sum")],
    ],
  );
});

test("without a cache nothing of it is downloaded", () => {
  const [download] = steps(stagingRecipe({ ...helloBuild, cacheSha256: null }, config).action);
  assert.equal(download?.kind === "parallel" && download.actions.length, 1);
});

test("a task runs its command through the launcher and reports to the Cloud Controller", () => {
  const recipe = taskRecipe(migrateTask, config);
  const [, run] = steps(recipe.action);
  assert.ok(run?.kind === "run");
  assert.deepEqual(run.args, ["app", "rake db:migrate", ""]);
  assert.equal(run.logSource, "APP/TASK/migrate");
  assert.equal(recipe.completionCallbackUrl, `${config.ccInternalUrl}/internal/v4/tasks/${migrateTask.guid}/completed`);
});
