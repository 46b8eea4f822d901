import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { type AccountCodeData, makeAccountCode, peekAccountCode, takeAccountCode } from "../account-code.ts";
import { accountRedirect } from "../account-redirect.ts";
import { audit } from "../audit.ts";
import type { UaaContext } from "../context.ts";
import { CSRF_COOKIE, csrfOf, requireCsrf } from "../cookies.ts";
import { UaaError } from "../errors.ts";
import type { User } from "../model.ts";
import { changePassword } from "../password-change.ts";
import { passwordPolicyOf, validatePassword } from "../password-policy.ts";
import { checkYourMailPage, forgotPasswordPage, newPasswordPage } from "./account-pages.ts";
import { sendErrorPage, sendPage } from "./browser.ts";
import { jsonBodyOf, parametersOf, requireScope } from "./request.ts";

/** UAA: UaaResetPasswordService.PASSWORD_RESET_LIFETIME */
const RESET_TTL_MS = 1_800_000;
/** UAA: PasswordResetEndpoint, five minutes */
const AUTOLOGIN_TTL_MS = 300_000;
const BAD_CODE = "Sorry, your reset password link is no longer valid. Please request a new one";

/** A new password for who has forgotten it, by a one-time code. UAA: PasswordResetEndpoint, ResetPasswordController */
export function registerPasswordReset(server: FastifyInstance, context: UaaContext): void {
  // The body is the bare name, whatever the content type says.
  server.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", { parseAs: "string" }, (_request, body, done) => done(null, body));
    scope.post("/password_resets", (request, reply) => requestReset(context, request, reply));
  });

  server.post("/password_change", async (request) => {
    await requireScope(context, request, "oauth.login");
    const { code, new_password: password } = jsonBodyOf(request);
    if (typeof code !== "string" || typeof password !== "string") {
      throw new UaaError("invalid_request", "code and new_password are required.");
    }
    const { user, data } = await redeem(context, code, password);
    const login = { user_id: user.id, ...(data.client_id === undefined ? {} : { client_id: data.client_id }) };
    return {
      code: await makeAccountCode(context, "AUTOLOGIN", login, AUTOLOGIN_TTL_MS),
      user_id: user.id,
      username: user.userName,
      email: user.email,
    };
  });

  server.get("/forgot_password", (request, reply) => {
    if (context.mail === null) return sendErrorPage(request, reply, selfServiceClosed());
    return sendPage(reply, forgotPasswordPage(csrfOf(context, request, reply), parametersOf(request)));
  });

  server.post("/forgot_password.do", async (request, reply) => {
    const parameters = parametersOf(request);
    if (context.mail === null) return sendErrorPage(request, reply, selfServiceClosed());
    requireCsrf(request, parameters[CSRF_COOKIE]);
    const { username = "", client_id: clientId, redirect_uri: redirectUri } = parameters;
    const [user] = await context.users.findByName(username, "uaa");
    if (user !== undefined) {
      const code = await makeReset(context, user, clientId, redirectUri);
      const link = `${context.config.loginUrl}/reset_password?code=${code}`;
      await context.mail.send(
        user.email,
        "Cloud Foundry account password reset request",
        `Reset your password: ${link}`,
      );
    }
    // The same answer for a name that nobody has: nobody learns who has an account.
    return reply.redirect("/email_sent?code=reset_password", 302);
  });
  server.get("/email_sent", (_request, reply) => sendPage(reply, checkYourMailPage()));
  server.get("/accounts/email_sent", (_request, reply) => sendPage(reply, checkYourMailPage()));

  server.get("/reset_password", { exposeHeadRoute: true }, async (request, reply) => {
    const { code = "" } = parametersOf(request);
    const data = await peekAccountCode(context, "PASSWORD_RESET", code);
    const user = data === null ? null : await context.users.find(data.user_id);
    if (data === null || user === null) return sendErrorPage(request, reply, badCode());
    const fields = { code, email: user.email };
    return sendPage(reply, resetPage(csrfOf(context, request, reply), fields, null));
  });

  server.post("/reset_password.do", async (request, reply) => {
    const parameters = parametersOf(request);
    requireCsrf(request, parameters[CSRF_COOKIE]);
    const { code = "", email = "", password = "", password_confirmation: confirmation = "" } = parameters;
    const again = (text: string): FastifyReply =>
      sendPage(reply.code(422), resetPage(csrfOf(context, request, reply), { code, email }, text));
    if (password !== confirmation) return again("Passwords must match and not be empty.");
    try {
      const { data } = await redeem(context, code, password);
      const target = await accountRedirect(context, data);
      return reply.redirect(target ?? "/login?success=password_reset", 302);
    } catch (error) {
      if (error instanceof UaaError && error.code === "invalid_password") return again(error.message);
      return sendErrorPage(request, reply, error);
    }
  });
}

function resetPage(
  csrf: string,
  fields: { readonly code: string; readonly email: string },
  error: string | null,
): string {
  return newPasswordPage({
    title: "Reset Password",
    action: "/reset_password.do",
    hiddenFields: { [CSRF_COOKIE]: csrf, ...fields },
    userName: fields.email,
    submit: "Create new password",
    error,
  });
}

async function requestReset(context: UaaContext, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const caller = await requireScope(context, request, "oauth.login");
  const query = parametersOf(request);
  const name = typeof request.body === "string" ? request.body.trim().replaceAll(/^"|"$/g, "") : "";
  const [user] = await context.users.findByName(name, "uaa");
  if (user === undefined) {
    const [other] = await context.users.findByName(name, null);
    return other === undefined ? reply.code(404).send() : reply.code(409).send({ user_id: other.id });
  }
  const { client_id: clientId = caller.client.clientId, redirect_uri: redirectUri } = query;
  const code = await makeReset(context, user, clientId, redirectUri);
  return reply.code(201).send({ code, user_id: user.id });
}

async function makeReset(
  context: UaaContext,
  user: User,
  clientId: string | undefined,
  redirectUri: string | undefined,
): Promise<string> {
  audit(context, "PasswordResetRequest", { userId: user.id });
  const data: AccountCodeData = {
    user_id: user.id,
    user_name: user.userName,
    password_changed_ms: user.passwordChangedMs,
    ...(clientId === undefined ? {} : { client_id: clientId }),
    ...(redirectUri === undefined ? {} : { redirect_uri: redirectUri }),
  };
  return await makeAccountCode(context, "PASSWORD_RESET", data, RESET_TTL_MS);
}

/** Throws `invalid_password`, then the code is still good; `invalid_code` (422) when it is not. */
async function redeem(
  context: UaaContext,
  code: string,
  password: string,
): Promise<{ readonly user: User; readonly data: AccountCodeData }> {
  validatePassword(password, await passwordPolicyOf(context));
  const known = await peekAccountCode(context, "PASSWORD_RESET", code);
  const user = known === null ? null : await context.users.find(known.user_id);
  const isUnchanged =
    known !== null &&
    user !== null &&
    user.userName === known.user_name &&
    user.passwordChangedMs === known.password_changed_ms;
  if (!isUnchanged) throw badCode();
  if (user.passwordHash !== null && (await context.hasher.matches(password, user.passwordHash))) {
    throw new UaaError("invalid_password", "Your new password cannot be the same as the old password.");
  }
  const data = await takeAccountCode(context, "PASSWORD_RESET", code);
  if (data === null) throw badCode(); // someone has used it a moment ago
  return { user: await changePassword(context, user, password), data };
}

function badCode(): UaaError {
  return new UaaError("invalid_code", BAD_CODE);
}

/** UAA: messages.properties, self_service_disabled */
export function selfServiceClosed(): UaaError {
  return new UaaError("not_found", "Self service account creation and password reset are disabled here.");
}
