import assert from "node:assert/strict";
import { test } from "node:test";
import { ignoreRules } from "./cf-ignore.ts";

const ignored = (rules: string, path: string, isFolder = false): boolean => ignoreRules(rules).ignores(path, isFolder);

test("version control, manifests and the ignore file itself never go up, at any depth", () => {
  for (const path of [
    ".git",
    ".git/config",
    "sub/.git/HEAD",
    "manifest.yml",
    "sub/manifest.yaml",
    ".cfignore",
    ".DS_Store",
  ]) {
    assert.equal(ignored("", path), true, path);
  }
  assert.equal(ignored("", "manifest.yml.bak"), false);
  assert.equal(ignored("!manifest.yml", "manifest.yml"), true, "exceptions do not reach the defaults");
});

test("a name matches at any depth, a path from the top", () => {
  assert.equal(ignored("node_modules", "a/node_modules/b/c.js"), true);
  assert.equal(ignored("/build", "build/x"), true);
  assert.equal(ignored("/build", "a/build/x"), false);
  assert.equal(ignored("docs/*.md", "docs/a.md"), true);
  assert.equal(ignored("docs/*.md", "x/docs/a.md"), false);
  assert.equal(ignored("docs/*.md", "docs/sub/a.md"), false);
});

test("stars, double stars, question marks and classes", () => {
  assert.equal(ignored("*.log", "a/b/x.log"), true);
  assert.equal(ignored("**/tmp/*.txt", "a/b/tmp/x.txt"), true);
  assert.equal(ignored("a/**/z", "a/z"), true);
  assert.equal(ignored("a/**/z", "a/b/c/z"), true);
  assert.equal(ignored("a/**", "a/b/c"), true);
  assert.equal(ignored("file?.c", "file1.c"), true);
  assert.equal(ignored("file[0-9].c", "file7.c"), true);
  assert.equal(ignored("file[!0-9].c", "file7.c"), false);
  assert.equal(ignored("a.c", "abc"), false, "a dot is a dot");
});

test("a slash at the end means folders and what is in them", () => {
  assert.equal(ignored("log/", "log", true), true);
  assert.equal(ignored("log/", "log/x.txt"), true);
  assert.equal(ignored("log/", "log"), false);
});

test("the last rule that matches decides; comments and empty lines are nothing", () => {
  const rules = "# all logs\n*.log\n\n!keep.log\r\n";
  assert.equal(ignored(rules, "x.log"), true);
  assert.equal(ignored(rules, "sub/keep.log"), false);
  assert.equal(ignored("\\#odd", "#odd"), true);
  assert.equal(ignored("\\!odd", "!odd"), true);
});
