import assert from "node:assert/strict";
import { test } from "node:test";
import { missingPackages, PROMISES } from "./stack-promises.ts";

test("a machine that has everything lacks no package", () => {
  assert.deepEqual(
    missingPackages(() => true),
    [],
  );
});

test("each package is missing when none of its files is there", () => {
  assert.deepEqual(
    missingPackages(() => false),
    PROMISES.map(({ package: name }) => name),
  );
});

test("one of several files is enough: iproute2 may lie in /usr/sbin", () => {
  const missing = missingPackages((path) => path === "/usr/sbin/ip");
  assert.equal(missing.includes("iproute2"), false);
  assert.equal(missing.includes("jq"), true);
});
