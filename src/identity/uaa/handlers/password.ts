import type { FastifyInstance } from "fastify";
import type { UaaContext } from "../context.ts";
import { UaaError } from "../errors.ts";
import { passwordPolicyOf, validatePassword } from "../password-policy.ts";
import { jsonBodyOf, requireScope } from "./request.ts";

/** PUT /Users/{id}/password: by the user with the old password, or by an administrator. UAA: PasswordChangeEndpoint */
export function registerPassword(server: FastifyInstance, context: UaaContext): void {
  const { users, tokens, hasher, clock, file } = context;
  server.put<{ Params: { id: string } }>("/Users/:id/password", async (request) => {
    const caller = await requireScope(context, request, "password.write");
    const { oldPassword, password } = jsonBodyOf(request);
    if (typeof password !== "string") throw new UaaError("invalid_request", "password must be text");
    const { id } = request.params;
    const isSelf = caller.user?.id === id;
    const isTrusted = caller.user === null || caller.scopes.has("uaa.admin");
    if (!isTrusted && !isSelf)
      throw new UaaError("invalid_password", "Not permitted to change another user's password");
    const user = await users.find(id);
    if (user === null || user.passwordHash === null)
      throw new UaaError("unauthorized", "Invalid password change request");
    if (isSelf) {
      if (typeof oldPassword !== "string" || oldPassword === "") {
        const text = isTrusted ? "Previous password is required even for admin" : "Previous password is required";
        throw new UaaError("invalid_password", text);
      }
      if (!(await hasher.matches(oldPassword, user.passwordHash))) {
        throw new UaaError("unauthorized", "Old password is incorrect");
      }
    }
    validatePassword(password, await passwordPolicyOf(context));
    if (await hasher.matches(password, user.passwordHash)) {
      throw new UaaError("invalid_password", "Your new password cannot be the same as the old password.");
    }
    const nowMs = clock.nowMs();
    const passwordHash = await hasher.hash(password);
    const next = { ...user, passwordHash, passwordChangedMs: nowMs, lastModifiedMs: nowMs, version: user.version + 1 };
    await users.update(next, user.version);
    // Tokens made with the old password are void by their rev_sig; browser sessions end here.
    await tokens.deleteSessionsOf(id);
    await file.durable();
    return { status: "ok", message: "password updated" };
  });
}
