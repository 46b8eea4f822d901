import assert from "node:assert/strict";
import { test } from "node:test";
import { ownNodeEnvironment, ownNodeLibraries } from "./own-node.ts";

test("a child that is our Node finds the libraries that its parent found", () => {
  const parent = { LD_LIBRARY_PATH: "/ingot/libraries:/opt/lib", SECRET: "not for children" };
  assert.deepEqual(ownNodeEnvironment({ LC_ALL: "C" }, parent), {
    LC_ALL: "C",
    LD_LIBRARY_PATH: "/ingot/libraries:/opt/lib",
  });
});

test("where Node needs nothing, a child's environment stays as it is given", () => {
  assert.deepEqual(ownNodeEnvironment({ LC_ALL: "C" }, {}), { LC_ALL: "C" });
  assert.deepEqual(ownNodeEnvironment({}, { LD_LIBRARY_PATH: "" }), {});
});

test("relative folders are not handed on: the child would look for them where it works", () => {
  assert.deepEqual(ownNodeLibraries({ LD_LIBRARY_PATH: ".::lib:/ingot/libraries" }), ["/ingot/libraries"]);
});
