import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Access, accessOf, type HeldRole } from "./access.ts";
import type { RoleType } from "./store/schema.ts";

const SPACE = { guid: "space", organization_guid: "org" };

function holding(type: RoleType, place: { organization?: string; space?: string } = {}): Access {
  const role: HeldRole = {
    type,
    organizationGuid: place.organization ?? "org",
    spaceGuid: type.startsWith("space_") ? (place.space ?? "space") : null,
  };
  return accessOf("user", new Set(["cloud_controller.read", "cloud_controller.write"]), [role]);
}

const CHECKS = {
  "read the organization": (access: Access) => access.canReadOrganization("org"),
  "write the organization": (access: Access) => access.canWriteOrganization("org"),
  "read the space": (access: Access) => access.canReadSpace(SPACE),
  "write in the space": (access: Access) => access.canWriteSpace(SPACE),
  "manage apps": (access: Access) => access.canManageApps(SPACE),
  "update the space": (access: Access) => access.canUpdateSpace(SPACE),
  "read routes": (access: Access) => access.canReadRoutes(SPACE),
  "read secrets": (access: Access) => access.canReadSecrets(SPACE),
  "read the environment": (access: Access) => access.canReadEnvironment(SPACE),
  "download droplets": (access: Access) => access.canDownloadDroplet(SPACE),
  "read service brokers": (access: Access) => access.canReadServices(SPACE),
} as const;
type Check = keyof typeof CHECKS;

/** CC: lib/cloud_controller/permissions.rb */
const ALLOWED: Record<RoleType, readonly Check[]> = {
  organization_user: ["read the organization"],
  organization_billing_manager: ["read the organization"],
  organization_auditor: ["read the organization", "read routes"],
  organization_manager: [
    "read the organization",
    "write the organization",
    "read the space",
    "update the space",
    "read routes",
    "download droplets",
  ],
  space_developer: [
    "read the space",
    "write in the space",
    "manage apps",
    "read routes",
    "read secrets",
    "read the environment",
    "download droplets",
    "read service brokers",
  ],
  space_manager: ["read the space", "update the space", "read routes", "download droplets"],
  space_auditor: ["read the space", "read routes", "download droplets"],
  space_supporter: ["read the space", "manage apps", "read routes", "read the environment", "read service brokers"],
};

for (const [type, allowed] of Object.entries(ALLOWED) as [RoleType, readonly Check[]][]) {
  for (const check of Object.keys(CHECKS) as Check[]) {
    const may = allowed.includes(check);
    test(`${type} ${may ? "may" : "may not"} ${check}`, () => assert.equal(CHECKS[check](holding(type)), may));
  }
}

test("a role counts in its own organization or space alone", () => {
  for (const type of Object.keys(ALLOWED) as RoleType[]) {
    const elsewhere = holding(type, { organization: "other", space: "other" });
    for (const check of Object.values(CHECKS)) assert.equal(check(elsewhere), false, type);
  }
});

const SCOPED: Record<string, readonly Check[]> = {
  "cloud_controller.admin": Object.keys(CHECKS) as Check[],
  "cloud_controller.admin_read_only": [
    "read the organization",
    "read the space",
    "read routes",
    "read secrets",
    "read the environment",
    "download droplets",
    "read service brokers",
  ],
  "cloud_controller.global_auditor": [
    "read the organization",
    "read the space",
    "read routes",
    "download droplets",
    "read service brokers",
  ],
  "cloud_controller.read": [],
  "cloud_controller.write": [],
};

for (const [scope, allowed] of Object.entries(SCOPED)) {
  test(`${scope} without roles may ${allowed.length === 0 ? "nothing" : allowed.join(", ")}`, () => {
    const access = accessOf("user", new Set([scope]), []);
    const may = (Object.keys(CHECKS) as Check[]).filter((check) => CHECKS[check](access));
    assert.deepEqual(may, allowed);
  });
}

test("property: one role more never takes anything away", () => {
  const role = fc.record({
    type: fc.constantFrom(...(Object.keys(ALLOWED) as RoleType[])),
    organizationGuid: fc.constantFrom("org", "other"),
    spaceGuid: fc.constantFrom("space", "elsewhere"),
  });
  const held = role.map(
    (one): HeldRole => ({ ...one, spaceGuid: one.type.startsWith("space_") ? one.spaceGuid : null }),
  );
  fc.assert(
    fc.property(fc.array(held), held, (roles, more) => {
      const before = accessOf("user", new Set(), roles);
      const after = accessOf("user", new Set(), [...roles, more]);
      for (const check of Object.values(CHECKS)) assert.ok(!check(before) || check(after));
    }),
  );
});
