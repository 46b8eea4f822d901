import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Database, openDatabase } from "../../kit/database.ts";
import { accessOf, ORGANIZATION_READERS, ROUTE_READERS, SPACE_READERS } from "./access.ts";
import { organizationGuidsWith, organizationRoleGuids, rolesOfUser, spaceGuidsWith } from "./access-store.ts";
import { CC_MIGRATIONS } from "./store/migrations.ts";
import type { CcDatabase, RoleType } from "./store/schema.ts";
import { TestCc } from "./testing/boot-cc.ts";

/** More spaces than guids are named one by one. */
const MANY = 130;

let cc: TestCc;
let database: Database<CcDatabase>;
before(async () => {
  cc = await TestCc.boot();
  database = await openDatabase(cc.database, CC_MIGRATIONS);
  const times = { created_at: 0, updated_at: 0 };
  const { db } = database;
  for (const guid of ["org-a", "org-b"]) {
    const organization = { guid, name: guid, ...times, status: "active", quota_guid: "" } as const;
    await db
      .insertInto("organizations")
      .values({ ...organization, default_isolation_segment_guid: null })
      .execute();
  }
  await db
    .insertInto("spaces")
    .values(
      Array.from({ length: MANY + 2 }, (_, index) => ({
        ...times,
        guid: `space-${index}`,
        name: `space-${index}`,
        organization_guid: index < MANY ? "org-a" : "org-b",
        space_quota_guid: null,
        isolation_segment_guid: null,
        allow_ssh: 1 as const,
        status: "active" as const,
      })),
    )
    .execute();
});
after(async () => {
  await database[Symbol.asyncDispose]();
  await cc[Symbol.asyncDispose]();
});

let users = 0;

/** Somebody with these roles: type and organization or space. */
async function somebody(roles: readonly (readonly [RoleType, string])[]) {
  const user = `user-${users++}`;
  const { db } = database;
  const row = (guid: string) => ({ guid, created_at: 0, updated_at: 0 });
  await db
    .insertInto("users")
    .values({ ...row(user), is_oauth_client: 0 })
    .execute();
  await db
    .insertInto("roles")
    .values(
      roles.map(([type, place], index) => ({
        ...row(`${user}-${index}`),
        type,
        user_guid: user,
        organization_guid: place.startsWith("org") ? place : null,
        space_guid: place.startsWith("space") ? place : null,
      })),
    )
    .execute();
  return accessOf(user, new Set(["cloud_controller.read"]), await rolesOfUser(db, user));
}

type Guids = ReturnType<typeof spaceGuidsWith | typeof organizationGuidsWith | typeof organizationRoleGuids>;

async function sorted(guids: Guids): Promise<string[]> {
  const all = "execute" in guids ? (await guids.execute()).map(({ guid }) => guid) : guids;
  return [...new Set(all)].sort();
}

const spaces = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, index) => `space-${from + index}`).sort();

test("roles in spaces open these spaces and show their organizations", async () => {
  const access = await somebody([
    ["organization_user", "org-a"],
    ["space_developer", "space-3"],
    ["space_auditor", "space-131"],
  ]);
  assert.deepEqual(await sorted(spaceGuidsWith(database.db, access, SPACE_READERS)), ["space-131", "space-3"]);
  assert.deepEqual(await sorted(spaceGuidsWith(database.db, access, ["space_developer"])), ["space-3"]);
  assert.deepEqual(await sorted(organizationRoleGuids(database.db, access, ORGANIZATION_READERS)), ["org-a"]);
  const seen = organizationGuidsWith(database.db, access, [...ORGANIZATION_READERS, "space_auditor"]);
  assert.deepEqual(await sorted(seen), ["org-a", "org-b"]);
});

test("a manager's organization opens all of its spaces, beside those where he has a role", async () => {
  const access = await somebody([
    ["organization_manager", "org-a"],
    ["space_developer", "space-131"],
  ]);
  const expected = [...spaces(0, MANY), "space-131"].sort();
  assert.deepEqual(await sorted(spaceGuidsWith(database.db, access, SPACE_READERS)), expected);
  assert.deepEqual(await sorted(spaceGuidsWith(database.db, access, ["space_developer"])), ["space-131"]);
});

test("an auditor of an organization sees into its spaces only where that role counts", async () => {
  const access = await somebody([["organization_auditor", "org-b"]]);
  assert.deepEqual(await sorted(spaceGuidsWith(database.db, access, SPACE_READERS)), []);
  assert.deepEqual(await sorted(spaceGuidsWith(database.db, access, ROUTE_READERS)), ["space-130", "space-131"]);
});

test("who has roles in very many spaces sees all of them", async () => {
  const access = await somebody(spaces(0, MANY).map((space) => ["space_developer", space] as const));
  const guids = spaceGuidsWith(database.db, access, SPACE_READERS);
  assert.ok("execute" in guids);
  assert.deepEqual(await sorted(guids), spaces(0, MANY));
  assert.deepEqual(await sorted(organizationGuidsWith(database.db, access, ["space_developer"])), ["org-a"]);
});

test("nobody's roles open nothing", async () => {
  const access = accessOf("", new Set(), []);
  assert.deepEqual(await sorted(spaceGuidsWith(database.db, access, SPACE_READERS)), []);
  assert.deepEqual(await sorted(organizationGuidsWith(database.db, access, SPACE_READERS)), []);
});
