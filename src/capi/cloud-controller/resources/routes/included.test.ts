import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Answer, type Call, TestCc } from "../../testing/boot-cc.ts";
import { related } from "../../testing/world.ts";

let cc: TestCc;
let admin: Call;
let organization: string;
let space: string;

before(async () => {
  cc = await TestCc.boot();
  admin = await cc.admin();
  organization = await cc.make("/v3/organizations", { name: "o" });
  space = await cc.make("/v3/spaces", { name: "s", ...related({ organization }) });
  const domain = await cc.make("/v3/domains", { name: "routes.example.org" });
  await cc.make("/v3/routes", { host: "h", ...related({ space, domain }) });
});
after(() => cc[Symbol.asyncDispose]());

function included({ status, body }: Answer): object {
  assert.equal(status, 200, JSON.stringify(body));
  const { included } = body as { included: Record<string, { name: string }[]> };
  return Object.fromEntries(Object.entries(included).map(([kind, all]) => [kind, all.map(({ name }) => name)]));
}

test("routes come with their spaces, and with these' organizations where they are asked for as well", async () => {
  assert.deepEqual(included(await admin("GET", "/v3/routes?include=space")), { spaces: ["s"] });
  const both = { spaces: ["s"], organizations: ["o"] };
  assert.deepEqual(included(await admin("GET", "/v3/routes?include=space.organization")), both);
});

test("an auditor of the organization sees the route, but not the space that it is in", async () => {
  const auditor = await cc.as("auditor");
  const user = await cc.make("/v3/users", { guid: "auditor-guid" });
  await cc.make("/v3/roles", { type: "organization_auditor", ...related({ user, organization }) });
  assert.deepEqual(included(await auditor("GET", "/v3/routes?include=space.organization")), {
    spaces: [],
    organizations: ["o"],
  });
});
