import assert from "node:assert/strict";
import { test } from "node:test";
import type { OauthClient } from "./model.ts";
import { audienceOf, coversScope, decideClientScopes, decideUserScopes, parseScopes } from "./scopes.ts";

const client: OauthClient = {
  clientId: "cf",
  secretHashes: [],
  scope: ["cloud_controller.read", "cloud_controller.admin", "openid", "zones.*.admin"],
  authorities: ["uaa.resource", "scim.read"],
  grantTypes: ["password"],
  redirectUris: [],
  resourceIds: [],
  autoApprove: [],
  accessTokenValiditySeconds: null,
  refreshTokenValiditySeconds: null,
  additional: {},
  lastModifiedMs: 0,
};

test("without a wish a user gets what both the client may ask for and the user has", () => {
  const groups = new Set(["openid", "cloud_controller.read", "scim.write", "zones.7.admin"]);
  assert.deepEqual(decideUserScopes([], client, groups), ["openid", "cloud_controller.read", "zones.7.admin"]);
});

test("a scope that the client may not ask for is refused by name", () => {
  assert.throws(() => decideUserScopes(["scim.write"], client, new Set(["scim.write"])), {
    code: "invalid_scope",
    message: /^scim\.write is invalid/,
  });
});

test("a user who has none of the wanted scopes gets no token", () => {
  assert.throws(() => decideUserScopes(["cloud_controller.admin"], client, new Set(["openid"])), /not allowed any/);
});

test("a client gets its authorities, or those of them that it wants", () => {
  assert.deepEqual(decideClientScopes([], client), ["uaa.resource", "scim.read"]);
  assert.deepEqual(decideClientScopes(["scim.read"], client), ["scim.read"]);
  assert.throws(() => decideClientScopes(["scim.write"], client), { code: "invalid_scope" });
});

test("a star stands for one part of a scope", () => {
  assert.equal(coversScope("zones.*.admin", "zones.a-b.admin"), true);
  assert.equal(coversScope("zones.*.admin", "zones.a.b.admin"), false);
  assert.equal(coversScope("cloud_controllerXread", "cloud_controller.read"), false);
});

test("the audience is the client and each scope up to its last dot", () => {
  assert.deepEqual(audienceOf("cf", ["openid", "cloud_controller.read", "routing.router_groups.read"]), [
    "cf",
    "openid",
    "cloud_controller",
    "routing.router_groups",
  ]);
});

test("scopes are separated by spaces or commas and named once", () => {
  assert.deepEqual(parseScopes(" a.b, c.d a.b "), ["a.b", "c.d"]);
  assert.deepEqual(parseScopes(undefined), []);
});
