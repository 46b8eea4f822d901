import assert from "node:assert/strict";
import { test } from "node:test";
import { chooseNodeVersion, defaultNpmVersion, nodeVersionWarnings, rangeOfNvmrc } from "./node-version.ts";

const registry = ["20.18.0", "20.19.5", "22.1.0", "22.21.0", "24.9.0", "25.0.0", "26.9.0", "26.11.0", "27.0.0-rc.1"];
const versions = (onPlatform: string[], asked: string[] = []) => ({
  onPlatform,
  inRegistry: async () => {
    asked.push("registry");
    return registry;
  },
});

test("the platform's Node serves everybody who does not ask for another", async () => {
  const asked: string[] = [];
  for (const range of ["", "*", ">=20", "26.x", "^26.1"]) {
    assert.equal(await chooseNodeVersion(range, versions(["26.10.0"], asked)), "26.10.0", range);
  }
  assert.deepEqual(asked, []);
});

test("other ranges get the newest of the registry", async () => {
  assert.equal(await chooseNodeVersion("22.x", versions(["26.10.0"])), "22.21.0");
  assert.equal(await chooseNodeVersion("20.18.0", versions(["26.10.0"])), "20.18.0");
  assert.equal(await chooseNodeVersion("", versions([])), "26.11.0");
});

test("a range that nothing fits is refused with what there is", async () => {
  await assert.rejects(
    chooseNodeVersion("99.x", versions(["26.10.0"])),
    /^Error: no match found for 99\.x in \[26\.10\.0 20\.19\.5 22\.21\.0 24\.9\.0 26\.11\.0\]$/,
  );
  await assert.rejects(chooseNodeVersion("nonsense", versions([])), /improper constraint: nonsense/);
});

test(".nvmrc speaks of versions and of code names", () => {
  assert.equal(rangeOfNvmrc("v22\n"), "22");
  assert.equal(rangeOfNvmrc("22.1.0"), "22.1.0");
  assert.equal(rangeOfNvmrc("node"), "*");
  assert.equal(rangeOfNvmrc("lts/jod"), "22.x");
  assert.equal(rangeOfNvmrc("lts/*"), "24.x");
  assert.throws(() => rangeOfNvmrc("latest-ish"), /invalid version latest-ish specified in \.nvmrc/);
});

test("developers hear how they asked for a version", () => {
  assert.match(nodeVersionWarnings("", "")[0]!, /Node version not specified in package.json or .nvmrc/);
  assert.match(nodeVersionWarnings("", "22")[0]!, /Using the node version specified in your .nvmrc/);
  assert.match(nodeVersionWarnings("20.x", "22")[0]!, /ignored in favor of 'engines'/);
  assert.match(nodeVersionWarnings(">=20", "")[0]!, /Dangerous semver range \(>\)/);
  assert.match(nodeVersionWarnings("*", "")[0]!, /Dangerous semver range \(\*\)/);
  assert.deepEqual(nodeVersionWarnings("22.x", ""), []);
});

test("each Node gets an npm of its time", () => {
  assert.match(defaultNpmVersion("22.1.0"), /^10\./);
  assert.match(defaultNpmVersion("26.10.0"), /^11\./);
});
