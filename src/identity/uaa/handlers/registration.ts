import type { FastifyInstance, FastifyReply } from "fastify";
import { makeAccountCode, takeAccountCode } from "../account-code.ts";
import { accountRedirect } from "../account-redirect.ts";
import type { UaaContext } from "../context.ts";
import { csrfOf, requireCsrf } from "../cookies.ts";
import { UaaError } from "../errors.ts";
import { freshUser } from "../new-user.ts";
import { createAccountPage } from "./account-pages.ts";
import { verifyUser } from "./account-status.ts";
import { sendErrorPage, sendPage } from "./browser.ts";
import { isEmail } from "./email-change.ts";
import { passwordFault } from "./new-password.ts";
import { selfServiceClosed, selfServiceMail } from "./password-reset.ts";
import { parametersOf } from "./request.ts";

/** Accounts that people make themselves, and the link that opens them. UAA: AccountsController */
export function registerRegistration(server: FastifyInstance, context: UaaContext): void {
  const mail = selfServiceMail(context);

  server.get("/create_account", (request, reply) => {
    if (mail === null) return sendErrorPage(request, reply, selfServiceClosed());
    return sendPage(reply, createAccountPage(csrfOf(context, request, reply), parametersOf(request), null));
  });

  server.post("/create_account.do", async (request, reply) => {
    const parameters = parametersOf(request);
    if (mail === null) return sendErrorPage(request, reply, selfServiceClosed());
    requireCsrf(request, parameters);
    const { email = "", password = "", password_confirmation: confirmation = "" } = parameters;
    const again = (text: string): FastifyReply =>
      sendPage(reply.code(422), createAccountPage(csrfOf(context, request, reply), parameters, text));
    if (!isEmail(email)) return again("Please enter a valid email address.");
    const fault = await passwordFault(context, password, confirmation);
    if (fault !== null) return again(fault);
    let [user] = await context.users.findByName(email, "uaa");
    if (user?.verified === true) return again("There is already an account with that email address.");
    if (user === undefined) {
      const passwordHash = await context.hasher.hash(password);
      user = freshUser(context, { userName: email, origin: "uaa", email, passwordHash, verified: false });
      await context.users.insert(user);
    }
    const { client_id, redirect_uri } = parameters;
    const code = await makeAccountCode(context, "REGISTRATION", { user_id: user.id, email, client_id, redirect_uri });
    const link = `${context.config.loginUrl}/verify_user?code=${code}`;
    await mail.send(email, "Activate your account", `Activate your account: ${link}`);
    return reply.redirect("/accounts/email_sent", 302);
  });

  // Mail programs look at links before people do.
  server.head("/verify_user", (_request, reply) => reply.redirect("/login", 302));
  server.get("/verify_user", { exposeHeadRoute: false }, async (request, reply) => {
    const data = await takeAccountCode(context, "REGISTRATION", parametersOf(request)["code"] ?? "");
    const user = data === null ? null : await context.users.find(data.user_id);
    if (data === null || user === null) {
      const text = "Your activation code has expired. Please request another.";
      return sendErrorPage(request, reply, new UaaError("invalid_code", text));
    }
    await verifyUser(context, user);
    const target = await accountRedirect(context, data);
    return reply.redirect(target ?? "/login?success=verify_success", 302);
  });
}
