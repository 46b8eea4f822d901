import { z } from "zod";
import { isUniqueViolation } from "../../../../kit/database.ts";
import type { Access } from "../../access.ts";
import { accepted, created, ok } from "../../api/answer.ts";
import type { CcApi, Handler } from "../../api/api.ts";
import { actorOf } from "../../audit-events.ts";
import { notAuthorized, notFound, unprocessable } from "../../errors.ts";
import { changeMetadata, deleteMetadata } from "../../metadata.ts";
import { check, full, metadata, own, parseBody } from "../../validation.ts";
import { visibleOrganization, visibleSpace } from "../../visible.ts";
import { guidsOfMembers, listUsers, USERS_LIST } from "./list.ts";
import { ensureUaaUser } from "./names.ts";
import { presentUsers, type User } from "./present.ts";
import { readableGuids } from "./readable.ts";

/** CC: messages/user_create_message.rb */
const USER_CREATE = z
  .strictObject({
    guid: z
      .string({ error: own("must be a string") })
      .superRefine(
        check((guid) => (guid.length >= 1 && guid.length <= 200 ? [] : ["must be between 1 and 200 characters"])),
      )
      .nullish(),
    origin: z.string().nullish(),
    username: z.string().nullish(),
    metadata: metadata(),
  })
  .superRefine(
    check(({ guid, username, origin }) => {
      if (guid) {
        return [
          ...(username ? [full("Username cannot be provided with 'guid'")] : []),
          ...(origin ? [full("Origin cannot be provided with 'guid'")] : []),
        ];
      }
      if (!username && !origin) return [full("Guid or 'username' and 'origin' must be provided")];
      return [
        ...(username ? [] : [full("Origin can only be provided together with 'username'")]),
        ...(origin ? [] : [full("Username can only be provided together with 'origin'")]),
        ...(origin === "uaa" ? [full("Origin cannot be 'uaa' when creating a user by username")] : []),
      ];
    }),
  );

const USER_UPDATE = z.strictObject({ metadata: metadata() });

/** Registers `/v3/users` and the members of organizations and spaces. CC: controllers/v3/users_controller.rb */
export function users(api: CcApi): void {
  api.get("/v3/users", async (request) =>
    ok(
      await listUsers(
        api,
        request,
        { ...USERS_LIST, mistakesAre: "UnprocessableEntity" },
        request.access.readsAll ? null : readableGuids(api, request.access),
      ),
    ),
  );
  api.get("/v3/users/:guid", async ({ params, access }) =>
    ok(await present(api, await visibleUser(api, access, params["guid"]!))),
  );
  api.post("/v3/users", create(api));
  api.patch("/v3/users/:guid", async ({ params, body, access }) => {
    const user = await visibleUser(api, access, params["guid"]!);
    if (!access.admin) throw notAuthorized();
    const wanted = parseBody(USER_UPDATE, body);
    await api.transaction((trx) => changeMetadata(trx, "user", user.guid, wanted.metadata, api.config.limits));
    return ok(await present(api, user));
  });
  api.delete("/v3/users/:guid", async ({ params, access, caller }) => {
    const user = await visibleUser(api, access, params["guid"]!);
    if (!access.admin) throw notAuthorized();
    const actor = actorOf(caller);
    return accepted(
      await api.enqueue({ operation: "user.delete", resourceType: "user", resourceGuid: user.guid, actor }),
    );
  });
  api.job("user.delete", async ({ resourceGuid }) => {
    await api.transaction(async (trx) => {
      await trx.deleteFrom("roles").where("user_guid", "=", resourceGuid).execute();
      await deleteMetadata(trx, "user", [resourceGuid]);
      await trx.deleteFrom("users").where("guid", "=", resourceGuid).execute();
    });
    api.users.forget(resourceGuid);
    return undefined;
  });
  api.get("/v3/organizations/:guid/users", async (request) => {
    const { guid } = await visibleOrganization(api, request.access, request.params["guid"]!);
    return ok(await listUsers(api, request, USERS_LIST, guidsOfMembers(api, { organization_guid: guid })));
  });
  api.get("/v3/spaces/:guid/users", async (request) => {
    const { guid } = await visibleSpace(api, request.access, request.params["guid"]!);
    return ok(await listUsers(api, request, USERS_LIST, guidsOfMembers(api, { space_guid: guid })));
  });
}

async function visibleUser(api: CcApi, access: Access, guid: string): Promise<User> {
  let query = api.db.selectFrom("users").where("users.guid", "=", guid).selectAll("users");
  if (!access.readsAll) query = query.where("users.guid", "in", readableGuids(api, access));
  const user = await query.executeTakeFirst();
  if (user === undefined) throw notFound("User");
  return user;
}

function create(api: CcApi): Handler {
  return async ({ body, access }) => {
    const isManager = api.config.orgManagersCreateUsers === true && isOrgManager(access);
    if (!access.admin && !isManager) throw notAuthorized();
    const wanted = parseBody(USER_CREATE, body);
    // By guid anybody could be brought in; by name and origin only who can sign in there.
    if (!access.admin && wanted.guid) throw notAuthorized();
    const guid = wanted.guid ?? (await ensureUaaUser(api, wanted.username!, wanted.origin!)).id;
    const user = await api
      .transaction(async (trx) => {
        const row = await trx
          .insertInto("users")
          .values({ ...api.stamp(), guid, is_oauth_client: 0 })
          .returningAll()
          .executeTakeFirstOrThrow();
        await changeMetadata(trx, "user", guid, wanted.metadata, api.config.limits);
        return row;
      })
      .catch((error) => {
        if (!isUniqueViolation(error, "users.guid")) throw error;
        throw unprocessable(
          wanted.guid
            ? `User with guid '${guid}' already exists.`
            : `User with username '${wanted.username}' and origin '${wanted.origin}' already exists.`,
        );
      });
    return created(await present(api, user));
  };
}

function isOrgManager({ roles }: Access): boolean {
  return roles.some(({ type }) => type === "organization_manager");
}

async function present(api: CcApi, user: User): Promise<object> {
  const [document] = await presentUsers(api, [user]);
  return document!;
}
