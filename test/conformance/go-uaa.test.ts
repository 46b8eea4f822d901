import assert from "node:assert/strict";
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { bootUaa, secretOf } from "../../src/identity/uaa/testing/boot-uaa.ts";
import { runCommand } from "../system/boot-ingot.ts";
import { builtOnce, CACHE, runSteps } from "./_program.ts";

const HERE = join(import.meta.dirname, "go-uaa");
const STEPS = 25;
/** The library's own; any newer Go will do. */
const GO_MIN = [1, 25] as const;

/** The program, compiled once. Null without a Go that is new enough. */
async function program(): Promise<string | null> {
  const sources = readdirSync(HERE).sort();
  const home = await builtOnce(
    "go-uaa",
    sources.map((name) => join(HERE, name)),
    async (home) => {
      const version = await runCommand("go", ["env", "GOVERSION"]).catch(() => null);
      const [, major, minor] = /^go(\d+)\.(\d+)/.exec(version?.stdout ?? "") ?? [];
      if (Number(major) !== GO_MIN[0] || Number(minor) < GO_MIN[1]) return false;
      // Its modules stay with the other installed packages, and are writable so that these can be removed.
      const modules = join(CACHE, "go-modules");
      mkdirSync(modules, { recursive: true });
      const env = {
        ...process.env,
        GOMODCACHE: modules,
        GOCACHE: join(CACHE, "go-build"),
        GOFLAGS: "-modcacherw -buildvcs=false",
        GOTOOLCHAIN: "local",
        CGO_ENABLED: "0",
      };
      const built = await runCommand("go", ["build", "-o", join(home, "program"), "."], env, HERE);
      assert.equal(built.code, 0, built.output);
      return true;
    },
  );
  return home === null ? null : join(home, "program");
}

test("the Go client go-uaa: keys, users, groups, clients, sign-in and zones", async (t) => {
  const file = await program();
  if (file === null) return t.skip(`needs Go ${GO_MIN.join(".")} or newer (Debian: apt-get install golang-go)`);
  await using uaa = await bootUaa();
  const operator = {
    client_id: "operator",
    client_secret: secretOf("operator"),
    authorized_grant_types: ["client_credentials"],
    authorities: ["uaa.admin"],
  };
  const made = await uaa.json("POST", "/oauth/clients", await uaa.adminClient(), operator);
  assert.equal(made.status, 201, made.text);
  await runSteps(t, STEPS, file, [], { INGOT_UAA: uaa.baseUrl, INGOT_OPERATOR_SECRET: secretOf("operator") });
});
