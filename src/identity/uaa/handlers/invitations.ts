import type { FastifyInstance, FastifyReply } from "fastify";
import { type AccountCodeData, makeAccountCode, peekAccountCode, takeAccountCode } from "../account-code.ts";
import { accountRedirect } from "../account-redirect.ts";
import { audit } from "../audit.ts";
import type { UaaContext } from "../context.ts";
import { CSRF_COOKIE, csrfOf, requireCsrf } from "../cookies.ts";
import { UaaError } from "../errors.ts";
import type { User } from "../model.ts";
import { newInternalUser } from "../new-user.ts";
import { changePassword } from "../password-change.ts";
import { passwordPolicyOf, validatePassword } from "../password-policy.ts";
import { newPasswordPage } from "./account-pages.ts";
import { verifyUser } from "./account-status.ts";
import { sendErrorPage, sendPage } from "./browser.ts";
import { isEmail } from "./email-change.ts";
import { jsonBodyOf, parametersOf, requireScope } from "./request.ts";

/** UAA: InvitationsEndpoint.INVITATION_EXPIRY_DAYS */
const INVITATION_TTL_MS = 7 * 86_400_000;
const INVITED_AT_ONCE_MAX = 500;

/** Accounts for people who choose their password by a link. UAA: InvitationsEndpoint, InvitationsController */
export function registerInvitations(server: FastifyInstance, context: UaaContext): void {
  server.post("/invite_users", async (request) => {
    const caller = await requireScope(context, request, "scim.invite", "uaa.admin");
    const { emails } = jsonBodyOf(request);
    const { client_id: clientId = caller.client.clientId, redirect_uri: redirectUri } = parametersOf(request);
    if (redirectUri === undefined) {
      throw new UaaError("invalid_request", "Required request parameter 'redirect_uri' is not present");
    }
    if (!Array.isArray(emails) || emails.length > INVITED_AT_ONCE_MAX) {
      throw new UaaError("invalid_request", "emails must be a list");
    }
    const invited: Record<string, unknown>[] = [];
    const failed: Record<string, unknown>[] = [];
    for (const entry of emails as unknown[]) {
      const email = String(entry).trim().toLowerCase();
      if (!isEmail(email)) failed.push(refused(email, "email.invalid", `${email} is invalid email.`));
      else {
        const user = await findOrCreate(context, email);
        const data = { user_id: user.id, email: user.email, client_id: clientId, redirect_uri: redirectUri };
        const code = await makeAccountCode(context, "INVITATION", data, INVITATION_TTL_MS);
        audit(context, "UserInvited", { userId: user.id, clientId });
        invited.push({
          email: user.email,
          userId: user.id,
          origin: user.origin,
          success: true,
          errorCode: null,
          errorMessage: null,
          inviteLink: `${context.config.loginUrl}/invitations/accept?code=${code}`,
        });
      }
    }
    return { new_invites: invited, failed_invites: failed };
  });

  server.get("/invitations/accept", async (request, reply) => {
    const { code = "" } = parametersOf(request);
    const data = await peekAccountCode(context, "INVITATION", code);
    const user = data === null ? null : await context.users.find(data.user_id);
    if (data === null || user === null) return sendErrorPage(request, reply, expired());
    if (user.verified) {
      await takeAccountCode(context, "INVITATION", code);
      return await leadOn(context, reply, data);
    }
    return sendPage(reply, acceptPage(csrfOf(context, request, reply), code, user.email, null));
  });

  server.post("/invitations/accept.do", async (request, reply) => {
    const parameters = parametersOf(request);
    requireCsrf(request, parameters[CSRF_COOKIE]);
    const { code = "", password = "", password_confirmation: confirmation = "" } = parameters;
    const known = await peekAccountCode(context, "INVITATION", code);
    const user = known === null ? null : await context.users.find(known.user_id);
    if (user === null) return sendErrorPage(request, reply, expired());
    const again = (text: string): FastifyReply =>
      sendPage(reply.code(422), acceptPage(csrfOf(context, request, reply), code, user.email, text));
    if (password === "" || password !== confirmation) return again("Passwords must match and not be empty.");
    try {
      validatePassword(password, await passwordPolicyOf(context));
    } catch (error) {
      if (error instanceof UaaError) return again(error.message);
      throw error;
    }
    const data = await takeAccountCode(context, "INVITATION", code);
    if (data === null) return sendErrorPage(request, reply, expired());
    // An invitation never changes the password of an account that is in use.
    if (user.verified) await verifyUser(context, user.id, user.version);
    else await changePassword(context, user, password);
    return await leadOn(context, reply, data);
  });
}

async function leadOn(context: UaaContext, reply: FastifyReply, data: AccountCodeData): Promise<FastifyReply> {
  const target = await accountRedirect(context, data);
  return reply.redirect(target ?? "/login?success=invite_accepted", 302);
}

async function findOrCreate(context: UaaContext, email: string): Promise<User> {
  const known = await context.users.findByEmail(email, "uaa");
  if (known !== null) return known;
  const user = await newInternalUser(context, { userName: email, email, password: null, verified: false });
  await context.users.insert(user);
  return user;
}

function acceptPage(csrf: string, code: string, email: string, error: string | null): string {
  return newPasswordPage({
    title: "Create your account",
    action: "/invitations/accept.do",
    hiddenFields: { [CSRF_COOKIE]: csrf, code },
    userName: email,
    submit: "Create account",
    error,
  });
}

function refused(email: string, errorCode: string, errorMessage: string): Record<string, unknown> {
  return { email, userId: null, origin: null, success: false, errorCode, errorMessage, inviteLink: null };
}

/** UAA: messages.properties, invite.code_expired */
function expired(): UaaError {
  return new UaaError("invalid_code", "Your invitation has expired. Please ask for a new one.");
}
