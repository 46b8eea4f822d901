import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { audit } from "../audit.ts";
import type { UaaContext } from "../context.ts";
import { CSRF_COOKIE, csrfOf, requireCsrf } from "../cookies.ts";
import { UaaError } from "../errors.ts";
import type { Approval } from "../model.ts";
import { ownPath } from "../own-path.ts";
import { changePassword } from "../password-change.ts";
import { type LiveSession, sessionOf, startSession } from "../session.ts";
import { changeEmailPage, changePasswordPage, newPasswordPage, profilePage } from "./account-pages.ts";
import { redirectToLogin, requireSession, sendErrorPage, sendPage } from "./browser.ts";
import { emailChangeCode, isEmail } from "./email-change.ts";
import { MISMATCH } from "./new-password.ts";
import { selfServiceClosed } from "./password-reset.ts";
import { parametersOf } from "./request.ts";

const OLD_IS_WRONG = "The current password is wrong.";

/** What a signed-in user changes of the own account in the browser. UAA: ChangePasswordController, ProfileController … */
export function registerAccount(server: FastifyInstance, context: UaaContext): void {
  const { tokens, clients, hasher, database } = context;

  server.get("/change_password", async (request, reply) => {
    const session = await requireSession(context, request, reply);
    if (session === null) return reply;
    return sendPage(reply, changePasswordPage(csrfOf(context, request, reply), session.user.userName, null));
  });

  server.post("/change_password.do", async (request, reply) => {
    const session = await requireSession(context, request, reply);
    if (session === null) return reply;
    const parameters = parametersOf(request);
    requireCsrf(request, parameters);
    const { current_password: old = "", new_password: next = "", confirm_password: confirmation = "" } = parameters;
    const { user } = session;
    const again = (text: string): FastifyReply =>
      sendPage(reply.code(422), changePasswordPage(csrfOf(context, request, reply), user.userName, text));
    if (next === "" || next !== confirmation) return again(MISMATCH);
    if (user.passwordHash === null || !(await hasher.matches(old, user.passwordHash))) {
      audit(context, "PasswordChangeFailure", { userId: user.id });
      return again(OLD_IS_WRONG);
    }
    const fault = await replacePassword(request, reply, session, next);
    if (fault !== null) return again(fault);
    return reply.redirect("/profile", 302);
  });

  server.get("/force_password_change", async (request, reply) => {
    const session = await sessionOf(context, request);
    if (session === null) return redirectToLogin(reply, "/");
    const target = ownPath(parametersOf(request)["form_redirect_uri"]);
    if (!session.passwordChangeRequired) return reply.redirect(target, 302);
    return sendPage(reply, forcedPage(csrfOf(context, request, reply), target, session.user.userName, null));
  });

  server.post("/force_password_change", async (request, reply) => {
    const session = await sessionOf(context, request);
    if (session === null) return redirectToLogin(reply, "/");
    const parameters = parametersOf(request);
    requireCsrf(request, parameters);
    const target = ownPath(parameters["form_redirect_uri"]);
    if (!session.passwordChangeRequired) return reply.redirect(target, 302);
    const { password = "", password_confirmation: confirmation = "" } = parameters;
    const { user } = session;
    const again = (text: string): FastifyReply =>
      sendPage(reply.code(422), forcedPage(csrfOf(context, request, reply), target, user.userName, text));
    if (password === "" || password !== confirmation) return again(MISMATCH);
    const fault = await replacePassword(request, reply, session, password);
    if (fault !== null) return again(fault);
    return reply.redirect(target, 302);
  });

  server.get("/profile", async (request, reply) => {
    const session = await requireSession(context, request, reply);
    if (session === null) return reply;
    const byClient = Map.groupBy(await tokens.approvals(session.user.id), (approval) => approval.clientId);
    const shown = [...byClient].map(async ([id, approvals]) => {
      const name = (await clients.find(id))?.additional["name"];
      return { id, name: typeof name === "string" ? name : id, approvals };
    });
    const isChanged = parametersOf(request)["success_message_code"] !== undefined;
    const html = profilePage({
      csrf: csrfOf(context, request, reply),
      user: session.user,
      message: isChanged ? "Email address successfully verified." : null,
      clients: await Promise.all(shown),
    });
    return sendPage(reply, html);
  });

  server.post("/profile", async (request, reply) => {
    const session = await requireSession(context, request, reply);
    if (session === null) return reply;
    const parameters = parametersOf(request);
    requireCsrf(request, parameters);
    const { clientId = "" } = parameters;
    const userId = session.user.id;
    if (parameters["delete"] !== undefined) {
      await tokens.deleteApprovals(userId, clientId);
      await tokens.deleteOf({ userId, clientId });
    } else if (parameters["update"] !== undefined) {
      const body = request.body as Record<string, string | string[]>;
      const checked = new Set([body["checkedScopes"] ?? []].flat());
      const own = (await tokens.approvals(userId)).filter((approval) => approval.clientId === clientId);
      const answered = own.map((approval): Approval => {
        const isChecked = checked.has(`${approval.clientId}-${approval.scope}`);
        return { ...approval, status: isChecked ? "APPROVED" : "DENIED", lastModifiedMs: context.clock.nowMs() };
      });
      await tokens.saveApprovals(answered);
    }
    await database.durable();
    audit(context, "ApprovalModifiedEvent", { userId, clientId });
    return reply.redirect("/profile", 302);
  });

  server.get("/change_email", async (request, reply) => {
    const session = await requireSession(context, request, reply);
    if (session === null) return reply;
    if (context.mail === null) return sendErrorPage(request, reply, selfServiceClosed());
    const csrf = csrfOf(context, request, reply);
    return sendPage(reply, changeEmailPage(csrf, session.user.email, parametersOf(request), null));
  });

  server.post("/change_email.do", async (request, reply) => {
    const session = await requireSession(context, request, reply);
    if (session === null) return reply;
    if (context.mail === null) return sendErrorPage(request, reply, selfServiceClosed());
    const parameters = parametersOf(request);
    requireCsrf(request, parameters);
    const { newEmail = "", client_id, redirect_uri } = parameters;
    const csrf = csrfOf(context, request, reply);
    const { user } = session;
    if (user.origin !== "uaa") return reply.redirect("/profile?error_message_code=email_change.non-uaa-origin", 302);
    const again = (text: string): FastifyReply =>
      sendPage(reply.code(422), changeEmailPage(csrf, user.email, parameters, text));
    if (!isEmail(newEmail)) return again("Please enter a valid email address.");
    const code = await emailChangeCode(context, user, { email: newEmail, client_id, redirect_uri });
    if (code === null) return again("There is already an account with that email address.");
    const link = `${context.config.loginUrl}/verify_email?code=${code}`;
    await context.mail.send(newEmail, "Account Email change verification", `Verify your new address: ${link}`);
    return reply.redirect("/email_sent?code=email_change", 302);
  });

  /** All sessions end with the old password; this browser gets a new one. What is wrong with the password, or null. */
  async function replacePassword(
    request: FastifyRequest,
    reply: FastifyReply,
    { user, session }: LiveSession,
    password: string,
  ): Promise<string | null> {
    try {
      const changed = await changePassword(context, user, password);
      await startSession(context, request, reply, {
        user: changed,
        authMethods: session.details.authMethods ?? ["pwd"],
      });
      return null;
    } catch (error) {
      if (error instanceof UaaError && error.code === "invalid_password") return error.message;
      throw error;
    }
  }
}

function forcedPage(csrf: string, target: string, userName: string, error: string | null): string {
  return newPasswordPage({
    title: "Force Password Change",
    action: "/force_password_change",
    hiddenFields: { [CSRF_COOKIE]: csrf, form_redirect_uri: target },
    userName,
    submit: "Create new password",
    error,
  });
}
