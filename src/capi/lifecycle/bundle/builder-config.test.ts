import assert from "node:assert/strict";
import { test } from "node:test";
import { buildpackPaths, depsIndex, FlagError, parseBuilderFlags, supplyBuildpacks } from "./builder-config.ts";
import { byteSize } from "./buildpack-download.ts";
import { exitCodeOf, FAILURE, StagingError } from "./staging-error.ts";
import { xxhash64 } from "./xxhash64.ts";

test("flags are read in all of Go's ways, with the real builder's defaults", () => {
  const config = parseBuilderFlags([
    "-buildpackOrder=a,b",
    "--buildDir",
    "/app",
    "-skipDetect",
    "-skipCertVerify=false",
  ]);
  assert.deepEqual(config.buildpackOrder, ["a", "b"]);
  assert.equal(config.buildDir, "/app");
  assert.equal(config.skipDetect, true);
  assert.equal(config.skipCertVerify, false);
  assert.equal(config.outputDroplet, "/tmp/droplet");
  assert.equal(config.outputMetadata, "/tmp/result.json");
  assert.equal(config.outputBuildArtifactsCache, "/tmp/output-cache");
  assert.equal(config.buildArtifactsCacheDir, "/tmp/cache");
  assert.equal(config.credhubRetryDelayMs, 1000);
});

test("what is no flag, or no value, is refused", () => {
  for (const args of [["-nonsense=1"], ["-buildDir"], ["-skipDetect=maybe"], ["-credhubRetryDelay=x"], []]) {
    assert.throws(() => parseBuilderFlags([...args, ...(args.length > 0 ? [] : ["-buildDir=/x"])]), FlagError);
  }
});

test("only chosen buildpacks supply, and their folders have numbers of one width", () => {
  const order = Array.from({ length: 12 }, (_, at) => `b${at}`).join(",");
  const detecting = parseBuilderFlags([`-buildpackOrder=${order}`]);
  assert.deepEqual(supplyBuildpacks(detecting), []);
  assert.equal(depsIndex(detecting, 0), "0");
  const chosen = parseBuilderFlags([`-buildpackOrder=${order}`, "-skipDetect"]);
  assert.equal(supplyBuildpacks(chosen).length, 11);
  assert.deepEqual([depsIndex(chosen, 0), depsIndex(chosen, 11)], ["00", "11"]);
});

test("buildpacks lie where the executor or the download puts them", () => {
  const config = parseBuilderFlags(["-buildpackOrder=x"]);
  assert.deepEqual(buildpackPaths(config, "abc"), [
    "/tmp/buildpacks/44bc2cf5ad770999",
    "/tmp/buildpacks/900150983cd24fb0d6963f7d28e17f72",
  ]);
  assert.match(buildpackPaths(config, "https://example.com/x.git")[0], /^\/tmp\/buildpackdownloads\//);
});

test("XXH64 gives the published values", () => {
  assert.equal(xxhash64(""), "ef46db3751d8e999");
  assert.equal(xxhash64("a"), "d24ec4f1a98c6e5b");
  assert.equal(xxhash64("abc"), "44bc2cf5ad770999");
  assert.equal(xxhash64("Nobody inspects the spammish repetition"), "fbcea83c8a378bf1");
});

test("the outermost of the known failures decides the exit code", () => {
  assert.equal(exitCodeOf(new StagingError(FAILURE.compile, new StagingError(FAILURE.finalize, "exit status 1"))), 223);
  assert.equal(exitCodeOf(new StagingError(FAILURE.finalize)), 226);
  assert.equal(exitCodeOf(new StagingError(FAILURE.noSupply)), 225);
  assert.equal(exitCodeOf(new Error("no space left on device")), 1);
});

test("sizes are shown as bytefmt shows them", () => {
  assert.deepEqual([0, 1023, 1024, 1536, 5_242_880].map(byteSize), ["0B", "1023B", "1K", "1.5K", "5M"]);
});
