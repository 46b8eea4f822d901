import assert from "node:assert/strict";
import { test } from "node:test";
import { chooseGoVersion, describeWanted, type GoVersionSources, wantedGoVersion } from "./go-version.ts";

const AVAILABLE = ["1.20", "1.20.14", "1.21.0", "1.22.5", "1.22.12", "1.23rc1", "1.23.4", "1.24beta1"];

const none: GoVersionSources = { variable: undefined, godeps: undefined, module: undefined };
const choose = (sources: Partial<GoVersionSources>): string | null =>
  chooseGoVersion(wantedGoVersion({ ...none, ...sources }), AVAILABLE);

test("GOVERSION counts first, then Godeps.json, then go.mod", () => {
  const module = "module a\n\ngo 1.20\n";
  assert.equal(choose({ variable: "go1.22.5", godeps: "go1.21", module }), "1.22.5");
  assert.equal(choose({ godeps: "go1.21", module }), "1.21.0");
  assert.equal(choose({ module }), "1.20.14");
});

test("a line gives its newest release, as with and without x", () => {
  for (const variable of ["1.22", "go1.22", "1.22.x", "go1.22.X"]) assert.equal(choose({ variable }), "1.22.12");
  assert.equal(choose({ variable: "1" }), "1.23.4");
  assert.equal(choose({ variable: "1.x" }), "1.23.4");
});

test("latest, or nothing said, is the newest release; candidates are none", () => {
  assert.equal(choose({ variable: "latest" }), "1.23.4");
  assert.equal(choose({}), "1.23.4");
  assert.equal(choose({ module: "module a\n" }), "1.23.4");
});

test("a toolchain in go.mod is meant exactly, a language version is a least one of its line", () => {
  assert.equal(choose({ module: "go 1.20\ntoolchain go1.22.5 // pinned\n" }), "1.22.5");
  assert.equal(choose({ module: "go 1.20\ntoolchain default\n" }), "1.20.14");
  assert.equal(choose({ module: "go 1.22.6\n" }), "1.22.12");
  assert.equal(choose({ module: "go 1.22.13\n" }), null);
  assert.equal(choose({ module: "go 1.99\n" }), null);
});

test("a version without a third number is one of its line's", () => {
  assert.equal(chooseGoVersion({ kind: "exact", version: "1.20.0" }, AVAILABLE), "1.20");
});

test("what is no version is said", () => {
  assert.throws(() => choose({ variable: "newest" }), /no version of Go: newest/);
  assert.throws(() => choose({ module: "go one\n" }), /go\.mod: no version of Go: one/);
  assert.equal(describeWanted(wantedGoVersion({ ...none, module: "go 1.22.13\n" })), "1.22.x >= 1.22.13");
});
