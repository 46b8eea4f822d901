import { join } from "node:path";
import { test } from "node:test";
import { FakeBroker } from "../../src/capi/cloud-controller/testing/fake-broker.ts";
import { OFFERINGS } from "../../src/capi/cloud-controller/testing/services-world.ts";
import { bootIngot } from "../system/boot-ingot.ts";
import { goProgram } from "./_go.ts";
import { adminClientSecret, authority, runSteps } from "./_program.ts";

const STEPS = 56;
const GO_MIN = [1, 19] as const;

test("the Go client go-cfclient: from sign-in through apps, services and events to the removal of everything", async (t) => {
  const file = await goProgram("go-cfclient", GO_MIN);
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
    INGOT_ADMIN_CLIENT_SECRET: adminClientSecret(ingot.state),
    INGOT_APP_DIR: join(import.meta.dirname, "..", "..", "examples", "hello-node"),
    INGOT_HTTP_PORT: String(ingot.httpPort),
    INGOT_BROKER: broker.url,
  });
});
