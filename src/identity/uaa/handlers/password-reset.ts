import type { FastifyInstance, FastifyReply } from "fastify";
import { type AccountCodeData, makeAccountCode, peekAccountCode, takeAccountCode } from "../account-code.ts";
import { accountRedirect } from "../account-redirect.ts";
import { audit } from "../audit.ts";
import type { UaaContext } from "../context.ts";
import { CSRF_COOKIE, csrfOf, requireCsrf } from "../cookies.ts";
import { UaaError } from "../errors.ts";
import type { Mail } from "../mail.ts";
import type { User } from "../model.ts";
import { requireOther, setPassword } from "../password-change.ts";
import { checkPassword } from "../password-policy.ts";
import { checkYourMailPage, forgotPasswordPage, newPasswordPage } from "./account-pages.ts";
import { postBareText } from "./bare-text.ts";
import { sendErrorPage, sendPage } from "./browser.ts";
import { MISMATCH } from "./new-password.ts";
import { jsonBodyOf, parametersOf, requireManager } from "./request.ts";

const BAD_CODE = "Sorry, your reset password link is no longer valid. Please request a new one";

/** A new password for who has forgotten it, by a one-time code. UAA: PasswordResetEndpoint, ResetPasswordController */
export function registerPasswordReset(server: FastifyInstance, context: UaaContext): void {
  const mail = selfServiceMail(context);

  postBareText(server, "/password_resets", async (name, request, reply) => {
    const caller = await requireManager(context, request, "oauth.login");
    const [user] = await context.users.findByName(name, "uaa");
    if (user === undefined) {
      const [other] = await context.users.findByName(name, null);
      return other === undefined ? reply.code(404).send() : reply.code(409).send({ user_id: other.id });
    }
    const { client_id = caller.client.clientId, redirect_uri } = parametersOf(request);
    const code = await makeReset(context, user, { client_id, redirect_uri });
    return reply.code(201).send({ code, user_id: user.id });
  });

  server.post("/password_change", async (request) => {
    await requireManager(context, request, "oauth.login");
    const { code, new_password: password } = jsonBodyOf(request);
    if (typeof code !== "string" || typeof password !== "string") {
      throw new UaaError("invalid_request", "code and new_password are required.");
    }
    const { user, data } = await redeem(context, code, password);
    return {
      code: await makeAccountCode(context, "AUTOLOGIN", { user_id: user.id, client_id: data.client_id }),
      user_id: user.id,
      username: user.userName,
      email: user.email,
    };
  });

  server.get("/forgot_password", (request, reply) => {
    if (mail === null) return sendErrorPage(request, reply, selfServiceClosed());
    return sendPage(reply, forgotPasswordPage(csrfOf(context, request, reply), parametersOf(request)));
  });

  server.post("/forgot_password.do", async (request, reply) => {
    const parameters = parametersOf(request);
    if (mail === null) return sendErrorPage(request, reply, selfServiceClosed());
    requireCsrf(request, parameters);
    const { username = "", client_id, redirect_uri } = parameters;
    const [user] = await context.users.findByName(username, "uaa");
    if (user !== undefined) {
      const code = await makeReset(context, user, { client_id, redirect_uri });
      const link = `${context.config.loginUrl}/reset_password?code=${code}`;
      await mail.send(user.email, "Cloud Foundry account password reset request", `Reset your password: ${link}`);
    }
    // The same answer for a name that nobody has: nobody learns who has an account.
    return reply.redirect("/email_sent?code=reset_password", 302);
  });
  server.get("/email_sent", (_request, reply) => sendPage(reply, checkYourMailPage()));
  server.get("/accounts/email_sent", (_request, reply) => sendPage(reply, checkYourMailPage()));

  server.get("/reset_password", { exposeHeadRoute: true }, async (request, reply) => {
    const { code = "" } = parametersOf(request);
    const known = await peekAccountCode(context, "PASSWORD_RESET", code);
    if (known === null) return sendErrorPage(request, reply, badCode());
    const fields = { code, email: known.user.email };
    return sendPage(reply, resetPage(csrfOf(context, request, reply), fields, null));
  });

  server.post("/reset_password.do", async (request, reply) => {
    const parameters = parametersOf(request);
    requireCsrf(request, parameters);
    const { code = "", email = "", password = "", password_confirmation: confirmation = "" } = parameters;
    const again = (text: string): FastifyReply =>
      sendPage(reply.code(422), resetPage(csrfOf(context, request, reply), { code, email }, text));
    if (password !== confirmation) return again(MISMATCH);
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

async function makeReset(
  context: UaaContext,
  user: User,
  asker: Pick<AccountCodeData, "client_id" | "redirect_uri">,
): Promise<string> {
  audit(context, "PasswordResetRequest", { userId: user.id });
  const data: AccountCodeData = {
    user_id: user.id,
    user_name: user.userName,
    password_changed_ms: user.passwordChangedMs,
    ...asker,
  };
  return await makeAccountCode(context, "PASSWORD_RESET", data);
}

/** Throws `invalid_password`, then the code is still good; `invalid_code` (422) when it is not. */
async function redeem(
  context: UaaContext,
  code: string,
  password: string,
): Promise<{ readonly user: User; readonly data: AccountCodeData }> {
  await checkPassword(context, password);
  const known = await peekAccountCode(context, "PASSWORD_RESET", code);
  if (known === null) throw badCode();
  const { user, data: asked } = known;
  if (user.userName !== asked.user_name || user.passwordChangedMs !== asked.password_changed_ms) throw badCode();
  await requireOther(context, user, password);
  const data = await takeAccountCode(context, "PASSWORD_RESET", code);
  if (data === null) throw badCode(); // someone has used it a moment ago
  return { user: await setPassword(context, user, password), data };
}

function badCode(): UaaError {
  return new UaaError("invalid_code", BAD_CODE);
}

/** Null: people cannot help themselves here. */
export function selfServiceMail({ mail, config }: UaaContext): Mail | null {
  return config.selfService === false ? null : mail;
}

/** UAA: messages.properties, self_service_disabled */
export function selfServiceClosed(): UaaError {
  return new UaaError("not_found", "Self service account creation and password reset are disabled here.");
}
