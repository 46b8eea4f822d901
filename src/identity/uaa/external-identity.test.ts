import assert from "node:assert/strict";
import { test } from "node:test";
import { decideExternalGroups, whitelisted } from "./external-groups.ts";
import { ExternalIdentityError, readClaims } from "./external-identity.ts";

const config = (attributeMappings: Record<string, unknown>) => ({ attributeMappings });

test("claims become an account by the mappings, else by their usual names", () => {
  const claims = {
    sub: "1",
    email: "a@b.c",
    email_verified: true,
    given_name: "A",
    roles: "x,y",
    team: ["t"],
    acr: "2",
  };
  const identity = readClaims(claims, config({ external_groups: ["roles"], "user.attribute.team": "team" }));
  assert.equal(identity.userName, "1");
  assert.equal(identity.email, "a@b.c");
  assert.equal(identity.verified, true);
  assert.deepEqual(identity.groups, ["x", "y"]);
  assert.deepEqual(identity.userAttributes, { team: ["t"] });
  assert.deepEqual(identity.acr, ["2"]);
  assert.equal(readClaims(claims, config({ user_name: "email" })).userName, "a@b.c");
});

test("without an address one is made up that belongs to nobody", () => {
  assert.match(readClaims({ sub: "anna" }, {}).email, /^anna@.+\.invalid$/);
  assert.equal(readClaims({ sub: "anna@x.y" }, {}).email, "anna@x.y");
});

test("no name, two names or a name that is no text make no account", () => {
  for (const sub of [undefined, "", " ", 5, ["a", "b"], { a: 1 }]) {
    assert.throws(() => readClaims({ sub }, {}), ExternalIdentityError);
  }
});

test("outside groups give ours by mapping or by name, and a whitelist narrows them", () => {
  const mapping = { groupId: "g", displayName: "cc.admin", externalGroup: "Admins", origin: "o", addedMs: 0 };
  const rules = { mode: "mapped", whitelist: [], mappings: [mapping] } as const;
  assert.deepEqual(decideExternalGroups(["admins", "cc.read"], rules), ["cc.admin"]);
  assert.deepEqual(decideExternalGroups(["a.b", "c"], { mode: "as-scopes", whitelist: ["a.*"], mappings: [] }), [
    "a.b",
  ]);
  assert.deepEqual(whitelisted(["a", "b"], ["*"]), ["a", "b"]);
});
