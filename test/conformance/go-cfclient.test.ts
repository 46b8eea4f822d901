import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { FakeBroker } from "../../src/capi/cloud-controller/testing/fake-broker.ts";
import { OFFERINGS } from "../../src/capi/cloud-controller/testing/services-world.ts";
import { bootIngot, runCommand } from "../system/boot-ingot.ts";
import { authority, builtOnce, CACHE, runSteps } from "./_program.ts";

const HERE = join(import.meta.dirname, "go-cfclient");
const STEPS = 56;
/** The library's own; any newer Go will do. */
const GO_MIN = [1, 19] as const;

/** The program, compiled once. Null without a Go that is new enough. */
async function program(): Promise<string | null> {
  const sources = readdirSync(HERE).sort();
  const home = await builtOnce(
    "go-cfclient",
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

function secretOf(state: string, client: string): string {
  const all = JSON.parse(readFileSync(join(state, "secrets.json"), "utf8")) as Record<string, string>;
  return all[`uaa-client-${client}`]!;
}

test("the Go client go-cfclient: from sign-in through apps, services and events to the removal of everything", async (t) => {
  const file = await program();
  if (file === null) return t.skip(`needs Go ${GO_MIN.join(".")} or newer (Debian: apt-get install golang-go)`);
  await using broker = await FakeBroker.start(OFFERINGS.filter(({ name }) => name !== "disk"));
  const parameters = { parameters: { colour: "red", size: 1 } };
  broker.rule("GET", /\/v2\/service_instances\/[^/]+$/, { status: 200, body: parameters });
  broker.rule("GET", /\/service_bindings\/[^/]+$/, { status: 200, body: { parameters: { colour: "red" } } });
  broker.rule("PUT", /\/service_bindings\/[^/]+$/, ({ body }) =>
    body["service_id"] === "proxy"
      ? { status: 201, body: { route_service_url: "https://filter.example.org" } }
      : undefined,
  );
  broker.rule("GET", /^\/nowhere/, { status: 404, body: {} });
  await using ingot = await bootIngot();
  await runSteps(t, STEPS, file, [], {
    INGOT_API: ingot.apiUrl,
    INGOT_CA: authority(ingot.state),
    INGOT_PASSWORD: ingot.adminPassword,
    INGOT_ADMIN_CLIENT_SECRET: secretOf(ingot.state, "admin"),
    INGOT_APP_DIR: join(import.meta.dirname, "..", "..", "examples", "hello-node"),
    INGOT_HTTP_PORT: String(ingot.httpPort),
    INGOT_BROKER: broker.url,
  });
});
