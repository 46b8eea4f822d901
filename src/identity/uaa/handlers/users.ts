import type { FastifyInstance, FastifyReply } from "fastify";
import type { UaaContext } from "../context.ts";
import { originsOfAddress } from "../email-domain.ts";
import { UaaError } from "../errors.ts";
import type { Approval, User } from "../model.ts";
import { freshUser } from "../new-user.ts";
import { checkPassword } from "../password-policy.ts";
import { readUser, type UserInput, validateUser, wireUser } from "../scim-user.ts";
import type { HeldGroup } from "../store-groups.ts";
import { readApprovals } from "./approvals.ts";
import { bearerOf, insufficientScope, jsonBodyOf, managers, mayManage, requireManager } from "./request.ts";
import { orBadFilter, readScimQuery, wantsAttribute, wirePage } from "./scim-query.ts";

type ById = { Params: { id: string } };

/** SCIM accounts. UAA: ScimUserEndpoints */
export function registerUsers(server: FastifyInstance, context: UaaContext): void {
  const { users, groups, tokens, clock, hasher, database } = context;

  server.get("/Users", async (request) => {
    await requireManager(context, request, "scim.read");
    const query = readScimQuery(request);
    const found = await orBadFilter(query.filterText, query.page.sortBy, "scim", () =>
      users.query(query.filter, query.page),
    );
    const resources = await wireUsers(context, found.items, {
      groups: wantsAttribute(query, "groups"),
      approvals: wantsAttribute(query, "approvals"),
    });
    return wirePage(query, resources, found.total);
  });

  server.post("/Users", async (request, reply) => {
    await requireManager(context, request, "scim.write", "scim.create");
    const body = jsonBodyOf(request);
    const input = readUser(body);
    const origin = input.origin === undefined || input.origin === "" ? "uaa" : input.origin;
    await requireManaged(context, origin);
    validateUser(input, origin);
    const isInternal = origin === "uaa";
    if (isInternal) {
      await requireOwnDomain(context, input.email!);
      await checkPassword(context, input.password ?? "");
    }
    const user = freshUser(context, {
      userName: input.userName!,
      origin,
      email: input.email!,
      givenName: input.givenName ?? null,
      familyName: input.familyName ?? null,
      phoneNumber: input.phoneNumber ?? null,
      externalId: input.externalId ?? null,
      passwordHash: isInternal ? await hasher.hash(input.password ?? "") : null,
      active: input.active ?? true,
      verified: input.verified ?? true,
    });
    // What a migration brings along of what the user has allowed elsewhere, whoever he was there.
    const approvals = ownApprovals(body["approvals"], user.id, clock.nowMs());
    await users.insert(user);
    await tokens.saveApprovals(approvals);
    await database.durable();
    return await sendUser(context, reply.code(201), user);
  });

  server.get<ById>("/Users/:id", async (request, reply) => {
    const caller = await bearerOf(context, request);
    const { id } = request.params;
    if (caller.user?.id !== id && !mayManage(context, request, caller, "scim.read")) {
      throw insufficientScope(managers(context, "scim.read"));
    }
    return await sendUser(context, reply, await findUser(context, id));
  });

  for (const method of ["PUT", "PATCH"] as const) {
    server.route<ById>({
      method,
      url: "/Users/:id",
      handler: async (request, reply) => {
        const caller = await bearerOf(context, request);
        const isAdmin = mayManage(context, request, caller, "scim.write");
        const { id } = request.params;
        if (!isAdmin && caller.user?.id !== id) throw insufficientScope(managers(context, "scim.write"));
        const input = readUser(jsonBodyOf(request));
        const user = await findUser(context, id);
        await requireManaged(context, user.origin);
        const version = readVersion(request.headers["if-match"], user.version);
        if (version === null) throw new UaaError("scim", `Missing If-Match for PUT`);
        const next = changedUser(user, input, method === "PATCH", clock.nowMs());
        if (!isAdmin && changesMoreThanNames(user, next)) throw selfEditError();
        await users.update(next, version);
        if (!next.active) await tokens.deleteTokensAndSessionsOf(id);
        await database.durable();
        return await sendUser(context, reply, next);
      },
    });
  }

  server.delete<ById>("/Users/:id", async (request, reply) => {
    await requireManager(context, request, "scim.write");
    const user = await findUser(context, request.params.id);
    await requireManaged(context, user.origin);
    const version = readVersion(request.headers["if-match"], user.version);
    if (version !== null && version !== user.version) {
      const text = `Attempt to delete a user (${user.id}) with wrong version: expected=${user.version} but found=${version}`;
      throw new UaaError("scim_resource_conflict", text);
    }
    const wired = await wire(context, user);
    await groups.removeEverywhere(user.id);
    await tokens.deleteOf({ userId: user.id });
    await users.delete(user.id);
    await database.durable();
    return reply.header("etag", `"${user.version}"`).send(wired);
  });
}

/** Throws `invalid_request`. UAA: ScimUserEndpoints.createUser */
function ownApprovals(list: unknown, userId: string, nowMs: number): Approval[] {
  if (!Array.isArray(list)) return [];
  const owned = list.map((entry: unknown) =>
    typeof entry === "object" && entry !== null ? { ...entry, userId, user_id: userId } : entry,
  );
  return readApprovals(owned, userId, nowMs);
}

/** Throws `scim_resource_not_found`. */
export async function findUser(context: UaaContext, id: string): Promise<User> {
  const user = await context.users.find(id);
  if (user === null) throw new UaaError("scim_resource_not_found", `User ${id} does not exist`);
  return user;
}

/** The number of an If-Match header; null without one, the current version for `*`. */
export function readVersion(header: string | string[] | undefined, current: number): number | null {
  if (header === undefined) return null;
  const text = String(header)
    .trim()
    .replaceAll(/^"+|"+$/g, "");
  if (text === "*") return current;
  if (!/^\d{1,15}$/.test(text)) {
    throw new UaaError("scim", `Invalid version match header (should be a version number): ${String(header)}`);
  }
  return Number(text);
}

function changedUser(user: User, input: UserInput, keepsUnmentioned: boolean, nowMs: number): User {
  if (input.origin !== undefined && input.origin !== user.origin) {
    throw new UaaError("invalid_scim_resource", "Cannot change user's origin in update operation.");
  }
  const userName = input.userName ?? (keepsUnmentioned ? user.userName : undefined);
  const email = input.email ?? (keepsUnmentioned ? user.email : undefined);
  const emailCount = keepsUnmentioned ? 1 : input.emailCount;
  validateUser({ userName, email, emailCount }, user.origin);
  const optional = (given: string | null | undefined, old: string | null): string | null =>
    given === undefined ? (keepsUnmentioned ? old : null) : given;
  return {
    ...user,
    userName: userName!,
    email: email!,
    givenName: optional(input.givenName, user.givenName),
    familyName: optional(input.familyName, user.familyName),
    phoneNumber: optional(input.phoneNumber, user.phoneNumber),
    externalId: optional(input.externalId, user.externalId),
    active: input.active ?? (keepsUnmentioned ? user.active : true),
    verified: input.verified ?? user.verified,
    version: user.version + 1,
    lastModifiedMs: nowMs,
  };
}

function changesMoreThanNames(before: User, after: User): boolean {
  return (
    before.userName !== after.userName ||
    before.email !== after.email ||
    before.phoneNumber !== after.phoneNumber ||
    before.externalId !== after.externalId ||
    before.active !== after.active ||
    before.verified !== after.verified
  );
}

function selfEditError(): UaaError {
  const text =
    "Users are only allowed to edit their own User settings when internal user storage is enabled, and in that case they may only edit the givenName and familyName.";
  return new UaaError("invalid_self_edit", text);
}

async function wire(context: UaaContext, user: User): Promise<Record<string, unknown>> {
  const [wired] = await wireUsers(context, [user], { groups: true, approvals: true });
  return wired!;
}

/** Users with their groups and approvals, in a few questions however many they are. */
export async function wireUsers(
  context: UaaContext,
  users: readonly User[],
  parts: { readonly groups: boolean; readonly approvals: boolean },
): Promise<Record<string, unknown>[]> {
  const { groups, tokens, clock, defaultGroups } = context;
  const ids = users.map(({ id }) => id);
  const held = parts.groups ? await groups.groupsOfMany(ids) : new Map<string, HeldGroup[]>();
  const everybody = parts.groups ? await groups.findByNames(defaultGroups) : [];
  const nowMs = clock.nowMs();
  const approvals = Map.groupBy(parts.approvals ? await tokens.approvalsOf(ids) : [], ({ userId }) => userId);
  return users.map((user) => {
    const own = held.get(user.id) ?? [];
    const known = new Set(own.map(({ group }) => group.id));
    const byDefault = everybody.filter(({ id }) => !known.has(id)).map((group) => ({ group, direct: true }));
    const valid = (approvals.get(user.id) ?? []).filter(({ expiresMs }) => expiresMs > nowMs);
    return wireUser(user, [...own, ...byDefault], valid, context.zoneId);
  });
}

/** Throws `internal_user_management_disabled`. UAA: DisableInternalUserManagementFilter, throwWhenUserManagementIsDisallowed */
async function requireManaged(context: UaaContext, origin: string): Promise<void> {
  if (origin !== "uaa") return;
  const internal = await context.providers.byOrigin("uaa");
  if (internal?.config["disableInternalUserManagement"] !== true) return;
  const text = "Internal User Creation is currently disabled. External User Store is in use.";
  throw new UaaError("internal_user_management_disabled", text);
}

/** People of these mail domains sign in elsewhere. UAA: ScimUserEndpoints.createUser */
async function requireOwnDomain(context: UaaContext, email: string): Promise<void> {
  const origins = await originsOfAddress(context, email);
  if (origins.length === 0) return;
  const text = `The user account is set up for single sign-on. Please use one of these origin(s) : [${origins.join(", ")}]`;
  throw new UaaError("scim", text);
}

export async function sendUser(context: UaaContext, reply: FastifyReply, user: User): Promise<FastifyReply> {
  return reply.header("etag", `"${user.version}"`).send(await wire(context, user));
}
