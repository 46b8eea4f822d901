import assert from "node:assert/strict";
import { test } from "node:test";
import { type Answer, type Call, TestCc } from "../../testing/boot-cc.ts";

type Document = Record<string, unknown>;
const guidOf = ({ body }: Answer): string => String((body as Document)["guid"]);
const detailOf = ({ body }: Answer): string =>
  String((body as { errors?: { detail: string }[] } | null)?.errors?.[0]?.detail ?? "");
const make = async (call: Call, path: string, body: object): Promise<string> => {
  const answer = await call("POST", path, body);
  assert.equal(answer.status, 201, detailOf(answer));
  return guidOf(answer);
};
const role = (type: string, user: object, place: object): object => ({
  type,
  relationships: { user: { data: user }, ...place },
});

test("a user by name and origin is made in the UAA when there is none, and known ever after", async () => {
  await using cc = await TestCc.boot();
  const admin = await cc.admin();
  const created = await admin("POST", "/v3/users", { username: "zoe@corp", origin: "corp" });
  assert.equal(created.status, 201, detailOf(created));
  const document = created.body as Document;
  assert.deepEqual(
    [document["username"], document["origin"], document["presentation_name"]],
    ["zoe@corp", "corp", "zoe@corp"],
  );
  const again = await admin("POST", "/v3/users", { username: "zoe@corp", origin: "corp" });
  assert.deepEqual(
    [again.status, detailOf(again)],
    [422, "User with username 'zoe@corp' and origin 'corp' already exists."],
  );
  const internal = await admin("POST", "/v3/users", { username: "zoe", origin: "uaa" });
  assert.deepEqual(
    [internal.status, detailOf(internal)],
    [422, "Origin cannot be 'uaa' when creating a user by username"],
  );
  for (const query of ["usernames=zoe@corp&origins=corp", "partial_usernames=OE@&origins=corp", "usernames=ZOE@corp"]) {
    const { body } = await admin("GET", `/v3/users?${query}`);
    assert.deepEqual(
      (body as { resources: Document[] }).resources.map(({ guid }) => guid),
      [document["guid"]],
      query,
    );
  }
  const elsewhere = await admin("GET", "/v3/users?usernames=zoe@corp&origins=uaa");
  assert.deepEqual((elsewhere.body as { resources: unknown[] }).resources, []);
});

test("a manager of an organization brings people of other origins in, where the operator allows it", async () => {
  for (const orgManagersCreateUsers of [false, true]) {
    await using cc = await TestCc.boot({}, {}, { orgManagersCreateUsers });
    const admin = await cc.admin();
    const organization = { organization: { data: { guid: await make(admin, "/v3/organizations", { name: "o" }) } } };
    const mona = await cc.as("mona");
    const wanted = { username: "ines", origin: "corp" };
    assert.equal((await mona("POST", "/v3/users", wanted)).status, 403, "nobody's manager yet");
    await make(admin, "/v3/roles", role("organization_manager", { guid: "mona-guid" }, organization));
    const expected = orgManagersCreateUsers ? 201 : 403;
    assert.equal((await mona("POST", "/v3/users", wanted)).status, expected);
    assert.equal((await mona("POST", "/v3/users", { guid: "anybody" })).status, 403, "never by guid");
    const joined = await mona(
      "POST",
      "/v3/roles",
      role("organization_user", { username: "olga", origin: "corp" }, organization),
    );
    assert.equal(joined.status, orgManagersCreateUsers ? 201 : 422, detailOf(joined));
    if (!orgManagersCreateUsers) {
      assert.equal(detailOf(joined), "No user exists with the username 'olga' and origin 'corp'.");
    }
  }
});

test("roles by name find the one user of it, say when there are several, and keep to the feature flag", async () => {
  await using cc = await TestCc.boot();
  const admin = await cc.admin();
  const organization = { organization: { data: { guid: await make(admin, "/v3/organizations", { name: "o" }) } } };
  const spaceGuid = await make(admin, "/v3/spaces", { name: "s", relationships: organization });
  const space = { space: { data: { guid: spaceGuid } } };
  await admin("POST", "/v3/users", { username: "max", origin: "ldap" });
  await admin("POST", "/v3/users", { username: "max", origin: "corp" });
  const ambiguous = await admin("POST", "/v3/roles", role("organization_user", { username: "max" }, organization));
  assert.equal(ambiguous.status, 422);
  assert.match(detailOf(ambiguous), /exists in the following origins: corp, ldap\. Specify an origin to disambiguate/);
  const unaffiliated = await admin(
    "POST",
    "/v3/roles",
    role("space_developer", { username: "max", origin: "corp" }, space),
  );
  assert.match(detailOf(unaffiliated), /do not have a role in that space's organization/);
  await make(admin, "/v3/roles", role("organization_user", { username: "max", origin: "corp" }, organization));
  await make(admin, "/v3/roles", role("space_developer", { username: "max", origin: "corp" }, space));
  const unknown = await admin("POST", "/v3/roles", role("organization_user", { username: "nobody" }, organization));
  assert.equal(detailOf(unknown), "No user exists with the username 'nobody'.");

  const mona = await cc.as("mona");
  await make(admin, "/v3/roles", role("organization_manager", { guid: "mona-guid" }, organization));
  await admin("PATCH", "/v3/feature_flags/set_roles_by_username", { enabled: false });
  const refused = await mona(
    "POST",
    "/v3/roles",
    role("organization_auditor", { username: "max", origin: "ldap" }, organization),
  );
  assert.deepEqual([refused.status, detailOf(refused)], [403, "Feature Disabled: set_roles_by_username"]);
});
