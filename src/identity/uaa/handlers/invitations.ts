import type { FastifyInstance, FastifyReply } from "fastify";
import { type AccountCodeData, makeAccountCode, peekAccountCode, takeAccountCode } from "../account-code.ts";
import { accountRedirect } from "../account-redirect.ts";
import { audit } from "../audit.ts";
import type { UaaContext } from "../context.ts";
import { CSRF_COOKIE, csrfOf, requireCsrf } from "../cookies.ts";
import { UaaError } from "../errors.ts";
import type { User } from "../model.ts";
import { freshUser } from "../new-user.ts";
import { changePassword } from "../password-change.ts";
import { signIn } from "../sign-in.ts";
import { newPasswordPage } from "./account-pages.ts";
import { sendErrorPage, sendPage } from "./browser.ts";
import { isEmail } from "./email-change.ts";
import { passwordFault } from "./new-password.ts";
import { escapeHtml, field, hidden, notice, page } from "./page.ts";
import { jsonBodyOf, parametersOf, requireManager } from "./request.ts";

const INVITED_AT_ONCE_MAX = 500;

/** Accounts for people who choose their password by a link. UAA: InvitationsEndpoint, InvitationsController */
export function registerInvitations(server: FastifyInstance, context: UaaContext): void {
  server.post("/invite_users", async (request) => {
    const caller = await requireManager(context, request, "scim.invite");
    const { emails } = jsonBodyOf(request);
    const { client_id: clientId = caller.client.clientId, redirect_uri: redirectUri } = parametersOf(request);
    if (redirectUri === undefined) {
      throw new UaaError("invalid_request", "Required request parameter 'redirect_uri' is not present");
    }
    if (!Array.isArray(emails) || emails.length > INVITED_AT_ONCE_MAX) {
      throw new UaaError("invalid_request", "emails must be a list");
    }
    const origins = await originsFor(context, clientId);
    const invited: Record<string, unknown>[] = [];
    const failed: Record<string, unknown>[] = [];
    for (const entry of emails as unknown[]) {
      const email = String(entry).trim().toLowerCase();
      const [origin, ...others] = origins;
      if (!isEmail(email)) failed.push(refused(email, "email.invalid", `${email} is invalid email.`));
      else if (origin === undefined) {
        failed.push(refused(email, "provider.non-existent", "No authentication provider found."));
      } else if (others.length > 0) {
        failed.push(refused(email, "provider.ambiguous", "Multiple authentication providers found."));
      } else {
        const user = await findOrCreate(context, email, origin);
        const data = { user_id: user.id, email: user.email, client_id: clientId, redirect_uri: redirectUri };
        const code = await makeAccountCode(context, "INVITATION", data);
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
    const known = await peekAccountCode(context, "INVITATION", code);
    if (known === null) return sendErrorPage(request, reply, expired());
    const { data, user } = known;
    if (user.verified) {
      await takeAccountCode(context, "INVITATION", code);
      return await leadOn(context, reply, data);
    }
    if (user.origin === "ldap") {
      return sendPage(reply, enterprisePage(csrfOf(context, request, reply), code, user.email, null));
    }
    if (user.origin !== "uaa") {
      const [link] = (await context.identities.loginLinks("/")).filter(({ origin }) => origin === user.origin);
      return link === undefined ? sendErrorPage(request, reply, expired()) : reply.redirect(link.href, 302);
    }
    return sendPage(reply, acceptPage(csrfOf(context, request, reply), code, user.email, null));
  });

  server.post("/invitations/accept_enterprise.do", async (request, reply) => {
    const parameters = parametersOf(request);
    requireCsrf(request, parameters);
    const { code = "", enterprise_username: name = "", enterprise_password: password = "" } = parameters;
    const known = await peekAccountCode(context, "INVITATION", code);
    if (known?.user.origin !== "ldap") return sendErrorPage(request, reply, expired());
    const { user } = known;
    const again = (text: string): FastifyReply =>
      sendPage(reply.code(422), enterprisePage(csrfOf(context, request, reply), code, user.email, text));
    const signedIn = await signIn(context, name, password, "ldap").catch((error: unknown) => {
      if (error instanceof UaaError && error.status < 500) return null;
      throw error;
    });
    if (signedIn === null) return again("Provided credentials are invalid. Please try again.");
    if (signedIn.user.email.toLowerCase() !== user.email.toLowerCase()) {
      return again(
        "The authenticated email does not match the invited email. Please log in using a different account.",
      );
    }
    const data = await takeAccountCode(context, "INVITATION", code);
    if (data === null) return sendErrorPage(request, reply, expired());
    // The directory knows this person by another name than the address: the account of the invitation was a stand-in.
    if (signedIn.user.id !== user.id) await context.users.delete(user.id);
    await context.database.durable();
    return await leadOn(context, reply, data);
  });

  server.post("/invitations/accept.do", async (request, reply) => {
    const parameters = parametersOf(request);
    requireCsrf(request, parameters);
    const { code = "", password = "", password_confirmation: confirmation = "" } = parameters;
    const known = await peekAccountCode(context, "INVITATION", code);
    if (known === null) return sendErrorPage(request, reply, expired());
    const { user } = known;
    const again = (text: string): FastifyReply =>
      sendPage(reply.code(422), acceptPage(csrfOf(context, request, reply), code, user.email, text));
    const fault = await passwordFault(context, password, confirmation);
    if (fault !== null) return again(fault);
    const data = await takeAccountCode(context, "INVITATION", code);
    if (data === null) return sendErrorPage(request, reply, expired());
    // An invitation never changes the password of an account that is in use.
    if (!user.verified) await changePassword(context, user, password);
    return await leadOn(context, reply, data);
  });
}

async function leadOn(context: UaaContext, reply: FastifyReply, data: AccountCodeData): Promise<FastifyReply> {
  const target = await accountRedirect(context, data);
  return reply.redirect(target ?? "/login?success=invite_accepted", 302);
}

/** Where people that this client invites may come from. UAA: DomainFilter, ClientConstants.ALLOWED_PROVIDERS */
async function originsFor(context: UaaContext, clientId: string): Promise<string[]> {
  const allowed = (await context.clients.find(clientId))?.additional["allowedproviders"];
  const wanted = Array.isArray(allowed) ? allowed.map(String) : ["uaa"];
  const active: string[] = [];
  for (const origin of wanted) if (await context.identities.isActive(origin)) active.push(origin);
  return active;
}

async function findOrCreate(context: UaaContext, email: string, origin: string): Promise<User> {
  const known = await context.users.findByEmail(email, origin);
  if (known !== null) return known;
  // A password of chance rather than none: the account is an internal one, whose password can be reset.
  const passwordHash = origin === "uaa" ? await context.hasher.hash(context.secrets.token(32)) : null;
  const user = freshUser(context, { userName: email, origin, email, passwordHash, verified: false });
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

function enterprisePage(csrf: string, code: string, email: string, error: string | null): string {
  return page(
    "Create your account",
    `<h1>Create your account</h1><p>${escapeHtml(email)}</p><p>Sign in with your enterprise credentials.</p>
${notice(error)}<form action="/invitations/accept_enterprise.do" method="post">
${hidden({ [CSRF_COOKIE]: csrf, code, enterprise_email: email })}
${field({ name: "enterprise_username", label: "Username", autocomplete: "username" }, true)}
${field({ name: "enterprise_password", label: "Password", type: "password", autocomplete: "current-password" })}
<button type="submit">Sign in</button></form>`,
  );
}

function refused(email: string, errorCode: string, errorMessage: string): Record<string, unknown> {
  return { email, userId: null, origin: null, success: false, errorCode, errorMessage, inviteLink: null };
}

/** UAA: messages.properties, invite.code_expired */
function expired(): UaaError {
  return new UaaError("invalid_code", "Your invitation has expired. Please ask for a new one.");
}
