import assert from "node:assert/strict";
import { test } from "node:test";
import { type SourceFiles, sourceKind } from "./source-kind.ts";

const nothing: SourceFiles = {
  goMod: false,
  godepsJson: false,
  glideYaml: false,
  gopkgToml: false,
  godir: false,
  vendor: false,
};

test("a module comes first, then Godeps.json, then vendored packages", () => {
  assert.equal(sourceKind({ ...nothing, goMod: true, godepsJson: true, vendor: true }), "gomod");
  assert.equal(sourceKind({ ...nothing, godepsJson: true, vendor: true }), "godep");
  assert.equal(sourceKind(nothing), "go_nativevendoring");
});

test("what glide and dep have vendored is built without them", () => {
  assert.equal(sourceKind({ ...nothing, glideYaml: true, vendor: true }), "go_nativevendoring");
  assert.throws(() => sourceKind({ ...nothing, glideYaml: true }), /glide is not supported here/);
  assert.throws(() => sourceKind({ ...nothing, gopkgToml: true }), /dep is not supported here/);
});

test(".godir is told to be out of date, whatever else is there", () => {
  assert.throws(() => sourceKind({ ...nothing, goMod: true, godir: true }), /Deprecated, \.godir file found/);
});
