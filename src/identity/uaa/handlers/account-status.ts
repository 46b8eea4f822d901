import type { FastifyInstance } from "fastify";
import { makeAccountCode } from "../account-code.ts";
import { audit } from "../audit.ts";
import type { UaaContext } from "../context.ts";
import { UaaError } from "../errors.ts";
import type { User } from "../model.ts";
import { jsonBodyOf, parametersOf, requireManager } from "./request.ts";
import { findUser, readVersion, sendUser } from "./users.ts";

type ById = { Params: { id: string } };

/** Locks, forced password changes and the proof that an address is the user's. UAA: ScimUserEndpoints */
export function registerAccountStatus(server: FastifyInstance, context: UaaContext): void {
  const { users, database } = context;

  server.patch<ById>("/Users/:id/status", async (request) => {
    await requireManager(context, request, "scim.write", "uaa.account_status.write");
    const { locked, passwordChangeRequired } = jsonBodyOf(request);
    const user = await findUser(context, request.params.id);
    if (user.origin !== "uaa") throw refuse("Can only manage users from the internal user store.");
    if (locked === true) {
      throw refuse(
        "Cannot set user account to locked. User accounts only become locked through exceeding the allowed failed login attempts.",
      );
    }
    if (passwordChangeRequired === false) {
      throw refuse("The requirement that this user change their password cannot be removed via API.");
    }
    if (locked === false) {
      await users.clearFailures(user.id);
      audit(context, "UserAccountUnlockedEvent", { userId: user.id });
    }
    if (passwordChangeRequired === true) await users.requirePasswordChange(user.id);
    await database.durable();
    return {
      ...(locked === false ? { locked } : {}),
      ...(passwordChangeRequired === true ? { passwordChangeRequired } : {}),
    };
  });

  server.get<ById>("/Users/:id/verify", async (request, reply) => {
    await requireManager(context, request, "scim.write", "scim.create");
    const user = await findUser(context, request.params.id);
    const version = readVersion(request.headers["if-match"], user.version) ?? user.version;
    return await sendUser(context, reply, await verifyUser(context, user, version));
  });

  server.get<ById>("/Users/:id/verify-link", async (request) => {
    const caller = await requireManager(context, request, "scim.create");
    const { client_id: clientId = caller.client.clientId, redirect_uri: redirectUri } = parametersOf(request);
    if (redirectUri === undefined) {
      throw new UaaError("invalid_request", "Required request parameter 'redirect_uri' is not present");
    }
    const user = await findUser(context, request.params.id);
    if (user.verified) {
      const text = "The user has already been verified.";
      throw new UaaError("method_not_allowed", text, { extra: { error: "user_verified" } });
    }
    const data = { user_id: user.id, email: user.email, client_id: clientId, redirect_uri: redirectUri };
    const code = await makeAccountCode(context, "REGISTRATION", data);
    return { verify_link: `${context.config.uaaUrl}/verify_user?code=${code}` };
  });
}

/** Durable. Throws `scim_resource_conflict` when someone changed the user meanwhile. */
export async function verifyUser(context: UaaContext, user: User, version = user.version): Promise<User> {
  if (user.verified && version === user.version) return user;
  const next = { ...user, verified: true, version: version + 1, lastModifiedMs: context.clock.nowMs() };
  await context.users.update(next, version);
  await context.database.durable();
  audit(context, "UserVerifiedEvent", { userId: user.id });
  return next;
}

function refuse(message: string): UaaError {
  return new UaaError("invalid_request", message);
}
