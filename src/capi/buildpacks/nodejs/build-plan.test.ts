import assert from "node:assert/strict";
import { test } from "node:test";
import { type AppFiles, npmSources, planBuild, startCommand } from "./build-plan.ts";
import { parsePackageJson } from "./package-json.ts";

const files = (changes: Partial<AppFiles> = {}): AppFiles => ({
  packageJson: true,
  packageLock: false,
  shrinkwrap: false,
  yarnLock: false,
  pnpmLock: false,
  nodeModules: false,
  serverJs: false,
  procfile: false,
  ...changes,
});
const app = (document: object) => parsePackageJson(JSON.stringify(document));
const express = { dependencies: { express: "5" } };

test("an app without packages and scripts needs no package manager", () => {
  assert.equal(planBuild(app({ scripts: { start: "node ." } }), files(), {}).nothingToDo, true);
  assert.equal(planBuild(app({ devDependencies: { a: "1" } }), files(), {}).nothingToDo, true);
  assert.equal(planBuild(app(express), files(), {}).nothingToDo, false);
  assert.equal(planBuild(app({ workspaces: ["packages/*"] }), files(), {}).nothingToDo, false);
  assert.equal(planBuild(app({ scripts: { "heroku-postbuild": "x" } }), files(), {}).nothingToDo, false);
  assert.equal(planBuild(app({ scripts: { postinstall: "x" } }), files(), {}).nothingToDo, false);
});

test("devDependencies are installed when the developer says so", () => {
  const dev = app({ devDependencies: { a: "1" } });
  assert.equal(planBuild(dev, files(), {}).includeDev, false);
  assert.equal(planBuild(dev, files(), { NPM_CONFIG_PRODUCTION: "false" }).includeDev, true);
  assert.equal(planBuild(dev, files(), { NODE_ENV: "development" }).includeDev, true);
  assert.equal(planBuild(dev, files(), { NODE_ENV: "development", NPM_CONFIG_PRODUCTION: "true" }).includeDev, false);
  assert.equal(planBuild(dev, files(), { NPM_CONFIG_PRODUCTION: "false" }).nothingToDo, false);
});

test("the lock file names the package manager, Corepack's field without one", () => {
  const tool = (document: object, changes: Partial<AppFiles>) => planBuild(app(document), files(changes), {}).tool;
  assert.equal(tool(express, {}), "npm");
  assert.equal(tool(express, { yarnLock: true }), "yarn");
  assert.equal(tool(express, { pnpmLock: true }), "pnpm");
  assert.equal(tool({ ...express, packageManager: "yarn@4.1.0+sha512.abc" }, {}), "yarn");
  assert.equal(tool({ ...express, packageManager: "pnpm@9.0.0" }, { yarnLock: true, pnpmLock: true }), "pnpm");
  assert.equal(tool({ ...express, packageManager: "npm@11.0.0" }, { yarnLock: true }), "npm");
});

test("modules move out of the app unless relative links would break or the app brought them", () => {
  const moves = (document: object, changes: Partial<AppFiles> = {}) =>
    planBuild(app(document), files(changes), {}).moveModules;
  assert.equal(moves(express), true);
  assert.equal(moves(express, { nodeModules: true }), false);
  assert.equal(moves(express, { pnpmLock: true }), false);
  assert.equal(moves({ ...express, workspaces: { packages: ["a"] } }, { yarnLock: true }), false);
});

test("the log names the files that npm reads", () => {
  assert.equal(npmSources(files()), "package.json");
  assert.equal(npmSources(files({ packageLock: true })), "package.json + package-lock.json");
});

test("the start script runs without npm unless it leans on it", () => {
  const command = (scripts: object, serverJs = false, optimize = false) =>
    startCommand(app({ scripts }), serverJs, optimize);
  assert.equal(command({ start: "node app.js" }), "node app.js");
  assert.equal(command({}, true), "node server.js");
  assert.equal(command({}), "npm start");
  assert.equal(command({ start: "node app.js", prestart: "build" }), "npm start");
  assert.equal(command({ start: "node app.js $npm_config_port" }), "npm start");
});

test("OPTIMIZE_MEMORY limits the heap to three quarters", () => {
  const limit = 'NODE_OPTIONS="--max_old_space_size=$(( $MEMORY_AVAILABLE * 75 / 100 ))"';
  assert.equal(startCommand(app({ scripts: { start: "node a.js" } }), false, true), `${limit} node a.js`);
  assert.equal(startCommand(app({ scripts: { start: "a && b" } }), false, true), `export ${limit}; a && b`);
  assert.equal(startCommand(app({}), false, true), `${limit} npm start`);
});
