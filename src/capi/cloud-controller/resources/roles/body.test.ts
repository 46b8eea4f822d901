import assert from "node:assert/strict";
import { test } from "node:test";
import { CcError } from "../../errors.ts";
import { parseBody } from "../../validation.ts";
import { ROLE_CREATE } from "./body.ts";

function refusal(body: unknown): string {
  try {
    parseBody(ROLE_CREATE, body);
  } catch (error) {
    assert.ok(error instanceof CcError);
    return error.message;
  }
  return "accepted";
}

const user = { data: { guid: "u" } };
const space = { data: { guid: "s" } };
const organization = { data: { guid: "o" } };

for (const [body, text] of [
  [{ type: "space_developer", relationships: { user, space } }, "accepted"],
  [{ type: "organization_user", relationships: { user: { data: { username: "n" } }, organization } }, "accepted"],
  [{ type: "organization_user" }, "Relationships 'relationships' is not an object"],
  [
    { type: "nix", relationships: { user, space } },
    'Type must be one of the allowed types ["organization_auditor", "organization_manager", "organization_billing_manager", "organization_user", "space_auditor", "space_manager", "space_developer", "space_supporter"]',
  ],
  [
    { type: "space_developer", relationships: { user } },
    "Relationships must specify either a space or an organization.",
  ],
  [
    { type: "space_developer", relationships: { user, organization } },
    "Relationships Organization cannot be provided with the space role type: 'space_developer'.",
  ],
  [
    { type: "organization_user", relationships: { user, space } },
    "Relationships Space cannot be provided with the organization role type: 'organization_user'.",
  ],
  [
    { type: "space_developer", relationships: { space } },
    "Relationships User can't be blank, Relationships User must have a username or guid specified",
  ],
  [
    { type: "space_developer", relationships: { user: { data: { guid: "u", username: "n" } }, space } },
    "Relationships Username cannot be specified when identifying user by guid",
  ],
  [
    { type: "space_developer", relationships: { user: { data: { origin: "ldap" } }, space } },
    "Relationships User origin cannot be specified without specifying the username, Relationships User must have a username or guid specified",
  ],
  [
    { type: "space_developer", relationships: { user, space: { data: { guid: 5 } } } },
    "Relationships Space guid must be a string, Relationships Space guid must be between 1 and 200 characters",
  ],
] as const) {
  test(`role ${JSON.stringify(body)}`, () => assert.equal(refusal(body), text));
}

test("a role names a user by guid or by name", () => {
  const byName = { type: "space_auditor", relationships: { user: { data: { username: "n", origin: "uaa" } }, space } };
  assert.deepEqual(parseBody(ROLE_CREATE, byName), {
    type: "space_auditor",
    user: { userName: "n", origin: "uaa" },
    place: { spaceGuid: "s" },
  });
});
