import type { FastifyInstance, FastifyReply } from "fastify";
import type { UaaContext } from "../context.ts";
import { UaaError } from "../errors.ts";
import type { User } from "../model.ts";
import { passwordPolicyOf, validatePassword } from "../password-policy.ts";
import { readUser, type UserInput, validateUser, wireUser } from "../scim-user.ts";
import { bearerOf, hasScope, insufficientScope, jsonBodyOf, requireScope } from "./request.ts";
import { orBadFilter, readScimQuery, wirePage } from "./scim-query.ts";

type ById = { Params: { id: string } };

/** SCIM accounts. UAA: ScimUserEndpoints */
export function registerUsers(server: FastifyInstance, context: UaaContext): void {
  const { users, groups, tokens, clock, random, hasher, file } = context;

  server.get("/Users", async (request) => {
    await requireScope(context, request, "uaa.admin", "scim.read");
    const query = readScimQuery(request);
    const found = await orBadFilter(query.filterText, query.page.sortBy, "scim", () =>
      users.query(query.filter, query.page),
    );
    const resources: Record<string, unknown>[] = [];
    for (const user of found.items) resources.push(await wire(context, user));
    return wirePage(query, resources, found.total);
  });

  server.post("/Users", async (request, reply) => {
    await requireScope(context, request, "uaa.admin", "scim.write", "scim.create");
    const input = readUser(jsonBodyOf(request));
    const origin = input.origin === undefined || input.origin === "" ? "uaa" : input.origin;
    validateUser(input.userName, input.email, origin);
    const isInternal = origin === "uaa";
    if (isInternal) validatePassword(input.password ?? "", await passwordPolicyOf(context));
    const nowMs = clock.nowMs();
    const user: User = {
      id: random.guid(),
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
      version: 0,
      createdMs: nowMs,
      lastModifiedMs: nowMs,
      passwordChangedMs: nowMs,
      lastLogonMs: null,
      previousLogonMs: null,
      passwordChangeRequired: false,
      tokenSalt: "",
    };
    await users.insert(user);
    await file.durable();
    return await sendUser(context, reply.code(201), user);
  });

  server.get<ById>("/Users/:id", async (request, reply) => {
    const caller = await bearerOf(context, request);
    const { id } = request.params;
    if (caller.user?.id !== id && !hasScope(caller, "uaa.admin", "scim.read")) {
      throw insufficientScope(["uaa.admin", "scim.read"]);
    }
    return await sendUser(context, reply, await findUser(context, id));
  });

  for (const method of ["PUT", "PATCH"] as const) {
    server.route<ById>({
      method,
      url: "/Users/:id",
      handler: async (request, reply) => {
        const caller = await bearerOf(context, request);
        const isAdmin = hasScope(caller, "uaa.admin", "scim.write");
        const { id } = request.params;
        if (!isAdmin && caller.user?.id !== id) throw insufficientScope(["uaa.admin", "scim.write"]);
        const input = readUser(jsonBodyOf(request));
        const user = await findUser(context, id);
        const version = readVersion(request.headers["if-match"], user.version);
        if (version === null) throw new UaaError("scim", `Missing If-Match for PUT`);
        const next = changedUser(user, input, method === "PATCH", clock.nowMs());
        if (!isAdmin && changesMoreThanNames(user, next)) throw selfEditError();
        await users.update(next, version);
        if (!next.active) {
          await tokens.deleteOf({ userId: id });
          await tokens.deleteSessionsOf(id);
        }
        await file.durable();
        return await sendUser(context, reply, next);
      },
    });
  }

  server.delete<ById>("/Users/:id", async (request, reply) => {
    await requireScope(context, request, "uaa.admin", "scim.write");
    const user = await findUser(context, request.params.id);
    const version = readVersion(request.headers["if-match"], user.version);
    if (version !== null && version !== user.version) {
      const text = `Attempt to delete a user (${user.id}) with wrong version: expected=${user.version} but found=${version}`;
      throw new UaaError("scim_resource_conflict", text);
    }
    const wired = await wire(context, user);
    await groups.removeEverywhere(user.id);
    await tokens.deleteOf({ userId: user.id });
    await users.delete(user.id);
    await file.durable();
    return reply.header("etag", `"${user.version}"`).send(wired);
  });
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
  validateUser(userName, email, user.origin);
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
  const explicit = await context.groups.groupsOf(user.id);
  const known = new Set(explicit.map(({ group }) => group.id));
  const byDefault = (await context.groups.findByNames(context.defaultGroups)).filter((group) => !known.has(group.id));
  const all = [...explicit, ...byDefault.map((group) => ({ group, direct: true }))];
  const nowMs = context.clock.nowMs();
  const approvals = (await context.tokens.approvals(user.id)).filter((approval) => approval.expiresMs > nowMs);
  return wireUser(user, all, approvals);
}

/** With its version as the ETag. */
export async function sendUser(context: UaaContext, reply: FastifyReply, user: User): Promise<FastifyReply> {
  return reply.header("etag", `"${user.version}"`).send(await wire(context, user));
}
