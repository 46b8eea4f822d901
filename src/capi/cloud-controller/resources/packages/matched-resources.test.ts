import assert from "node:assert/strict";
import { test } from "node:test";
import { CcError } from "../../errors.ts";
import { parseMatchedResources } from "./matched-resources.ts";

const SHA1 = "a".repeat(40);

function refused(entry: object): string {
  try {
    parseMatchedResources(JSON.stringify([entry]));
  } catch (error) {
    if (error instanceof CcError) return error.errorName;
    throw error;
  }
  return "taken";
}

test("both shapes of a resource are read, modes are octal", () => {
  const text = JSON.stringify([
    { checksum: { value: SHA1 }, size_in_bytes: 1, path: "a/b", mode: "0755" },
    { sha1: SHA1.toUpperCase(), size: 1, fn: "c" },
  ]);
  assert.deepEqual(parseMatchedResources(text), [
    { path: "a/b", sha1: SHA1, mode: 0o755 },
    { path: "c", sha1: SHA1, mode: 0o744 },
  ]);
});

test("no resources: nothing, null, an empty list", () => {
  for (const text of ["", " ", "null", "[]"]) assert.deepEqual(parseMatchedResources(text), [], text);
});

test("a path that would leave the app's folder, or that no archive can hold, is refused", () => {
  const paths = [
    "/etc/passwd",
    "../x",
    "a/../../x",
    "..",
    "",
    "a\\b",
    "a\0b",
    "C:/x",
    "folder/",
    `${"x".repeat(256)}/y`,
  ];
  for (const path of paths) assert.equal(refused({ sha1: SHA1, fn: path }), "AppResourcesFilePathInvalid", path);
  for (const path of ["..a/b", "a..b", "...", "ä/ö"]) assert.equal(refused({ sha1: SHA1, fn: path }), "taken", path);
});

test("files that their owner could not read and write are refused", () => {
  for (const mode of ["0577", "0444", "8", "x"]) {
    assert.equal(refused({ sha1: SHA1, fn: "a", mode }), "AppResourcesFileModeInvalid", mode);
  }
});

test("what is no resource is refused", () => {
  for (const entry of [{ fn: "a" }, { sha1: "../../x", fn: "a" }, { sha1: SHA1 }]) {
    assert.equal(refused(entry), "AppBitsUploadInvalid");
  }
  assert.throws(() => parseMatchedResources("{"), CcError);
  assert.throws(() => parseMatchedResources("{}"), CcError);
});
