import type { FastifyInstance } from "fastify";
import { audit } from "../audit.ts";
import type { UaaContext } from "../context.ts";
import { UaaError } from "../errors.ts";
import { changePassword } from "../password-change.ts";
import { jsonBodyOf, requireScope } from "./request.ts";

/** PUT /Users/{id}/password: by the user with the old password, or by an administrator. UAA: PasswordChangeEndpoint */
export function registerPassword(server: FastifyInstance, context: UaaContext): void {
  server.put<{ Params: { id: string } }>("/Users/:id/password", async (request) => {
    const caller = await requireScope(context, request, "password.write");
    const { oldPassword, password } = jsonBodyOf(request);
    if (typeof password !== "string") throw new UaaError("invalid_request", "password must be text");
    const { id } = request.params;
    const isSelf = caller.user?.id === id;
    const isTrusted = caller.user === null || caller.scopes.has("uaa.admin");
    if (!isTrusted && !isSelf) {
      throw new UaaError("invalid_password", "Not permitted to change another user's password");
    }
    const user = await context.users.find(id);
    if (user === null || user.passwordHash === null) {
      throw new UaaError("unauthorized", "Invalid password change request");
    }
    if (isSelf) {
      if (typeof oldPassword !== "string" || oldPassword === "") {
        const text = isTrusted ? "Previous password is required even for admin" : "Previous password is required";
        throw new UaaError("invalid_password", text);
      }
      if (!(await context.hasher.matches(oldPassword, user.passwordHash))) {
        audit(context, "PasswordChangeFailure", { userId: id });
        throw new UaaError("unauthorized", "Old password is incorrect");
      }
    }
    await changePassword(context, user, password);
    return { status: "ok", message: "password updated" };
  });
}
