import assert from "node:assert/strict";
import { test } from "node:test";
import { bootUaa, secretOf } from "../../src/identity/uaa/testing/boot-uaa.ts";
import { goProgram } from "./_go.ts";
import { runSteps } from "./_program.ts";

const STEPS = 25;
const GO_MIN = [1, 25] as const;

test("the Go client go-uaa: keys, users, groups, clients, sign-in and zones", async (t) => {
  const file = await goProgram("go-uaa", GO_MIN);
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
