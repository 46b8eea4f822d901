import assert from "node:assert/strict";
import { test } from "node:test";
import { parseLabelSelector } from "./label-selector.ts";
import { metadataKeyError, splitMetadataKey } from "./metadata-key.ts";

const requirement = (name: string, operator: string, values: readonly string[] = [], prefix = "") => ({
  prefix,
  name,
  operator,
  values,
});

for (const [text, expected] of [
  ["env=prod", [requirement("env", "in", ["prod"])]],
  ["env==prod", [requirement("env", "in", ["prod"])]],
  ["env!=prod", [requirement("env", "notin", ["prod"])]],
  ["env", [requirement("env", "exists")]],
  ["!env", [requirement("env", "not-exists")]],
  ["env in (prod,dev)", [requirement("env", "in", ["prod", "dev"])]],
  ["env notin (prod,dev)", [requirement("env", "notin", ["prod", "dev"])]],
  ["example.com/env=prod", [requirement("env", "in", ["prod"], "example.com")]],
  [
    "a in (x,y),!b,c!=d",
    [requirement("a", "in", ["x", "y"]), requirement("b", "not-exists"), requirement("c", "notin", ["d"])],
  ],
] as const) {
  test(`label selector ${text}`, () => assert.deepEqual(parseLabelSelector(text), { requirements: expected }));
}

for (const [text, error] of [
  ["", "Missing label_selector value"],
  ["a b", "Invalid label_selector value"],
  ["a=b c", "'b c' contains invalid characters"],
  ["cloudfoundry.org/a=b", "prefix 'cloudfoundry.org' is reserved"],
  ["x' OR '1'='1", "Invalid label_selector value"],
] as const) {
  test(`label selector "${text}" is refused`, () => assert.deepEqual(parseLabelSelector(text), { errors: [error] }));
}

test("more than fifty requirements are refused", () => {
  const many = Array.from({ length: 51 }, (_, index) => `k${index}`).join(",");
  assert.deepEqual(parseLabelSelector(many), { errors: ["Too many label_selector requirements (maximum is 50)"] });
});

for (const [key, error] of [
  ["team", null],
  ["example.com/team", null],
  ["", "key cannot be empty string"],
  ["a/b/c", "key has more than one '/'"],
  ["example.com/", "key cannot be empty string"],
  ["nodots/a", "prefix 'nodots' must be in valid dns format"],
  ["CloudFoundry.org/a", "prefix 'cloudfoundry.org' is reserved"],
  ["-a", "'-a' starts or ends with invalid characters"],
  ["a b", "'a b' contains invalid characters"],
  ["a".repeat(64), "'aaaaaaaa...' is greater than 63 characters"],
] as const) {
  test(`metadata key "${key.slice(0, 20)}": ${error ?? "fine"}`, () => assert.equal(metadataKeyError(key), error));
}

test("a metadata key splits at its slash", () => {
  assert.deepEqual(splitMetadataKey("example.com/team"), { prefix: "example.com", name: "team" });
  assert.deepEqual(splitMetadataKey("team"), { prefix: "", name: "team" });
});
