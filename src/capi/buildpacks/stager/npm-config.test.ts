import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { npmConfig, parseNpmrc } from "./npm-config.ts";

function withNpmrc(text: string, use: (dir: string) => void): void {
  const dir = mkdtempSync(join(tmpdir(), "ingot-npmrc-"));
  try {
    writeFileSync(join(dir, ".npmrc"), text);
    use(dir);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** A variable as .npmrc writes it. */
const variable = (name: string): string => `$${"{"}${name}}`;

test("comments, quotes and variables of an .npmrc are understood", () => {
  const text = `; one\n# two\nregistry = "https://${variable("HOST")}/npm/"\r\n  a=b=c\n[section]\nmissing=${variable("NOPE")}\n`;
  assert.deepEqual(parseNpmrc(text, { HOST: "example.com" }), [
    ["registry", "https://example.com/npm/"],
    ["a", "b=c"],
    ["missing", variable("NOPE")],
  ]);
});

test("the app's .npmrc names the registry, the environment overrules it", () => {
  withNpmrc("registry=https://npm.example.com/group\ncafile=/etc/ca.pem\n", (dir) => {
    const own = npmConfig(dir, { HOME: "/nonexistent" });
    assert.equal(own.registry, "https://npm.example.com/group/");
    assert.equal(own.caFile, "/etc/ca.pem");
    const overruled = npmConfig(dir, { HOME: "/nonexistent", NPM_CONFIG_REGISTRY: "http://localhost:4873" });
    assert.equal(overruled.registry, "http://localhost:4873/");
  });
});

test("credentials belong to the registry's address or a folder above it, and to no other", () => {
  withNpmrc(`registry=https://npm.example.com/a/b/\n//npm.example.com/a/:_authToken=${variable("TOKEN")}\n`, (dir) => {
    const env = { HOME: "/nonexistent", TOKEN: "t0ken" };
    assert.deepEqual(npmConfig(dir, env).headers, { authorization: "Bearer t0ken" });
    const other = npmConfig(dir, { ...env, npm_config_registry: "https://other.example.com/a/b/" });
    assert.deepEqual(other.headers, {});
    const sibling = npmConfig(dir, { ...env, npm_config_registry: "https://npm.example.com/c/" });
    assert.deepEqual(sibling.headers, {});
  });
});

test("user and password become basic authorization", () => {
  const password = Buffer.from("secret").toString("base64");
  withNpmrc(
    `registry=https://npm.example.com/\n//npm.example.com/:username=me\n//npm.example.com/:_password=${password}\n`,
    (dir) => {
      const expected = `Basic ${Buffer.from("me:secret").toString("base64")}`;
      assert.deepEqual(npmConfig(dir, { HOME: "/nonexistent" }).headers, { authorization: expected });
    },
  );
});
