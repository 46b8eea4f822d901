import type { FastifyInstance } from "fastify";
import { type AccountCodeData, makeAccountCode, takeAccountCode } from "../account-code.ts";
import { accountRedirect } from "../account-redirect.ts";
import type { UaaContext } from "../context.ts";
import { UaaError } from "../errors.ts";
import type { User } from "../model.ts";
import { sessionOf } from "../session.ts";
import { postBareText } from "./bare-text.ts";
import { sendErrorPage } from "./browser.ts";
import { jsonBodyOf, parametersOf, requireScope } from "./request.ts";
import { findUser } from "./users.ts";

/** A new address, once the code that was sent to it comes back. UAA: ChangeEmailEndpoints, ChangeEmailController */
export function registerEmailChange(server: FastifyInstance, context: UaaContext): void {
  server.post("/email_verifications", async (request, reply) => {
    await requireScope(context, request, "oauth.login");
    const { userId, email, client_id: clientId } = jsonBodyOf(request);
    if (typeof userId !== "string" || typeof email !== "string" || !isEmail(email)) {
      throw new UaaError("invalid_request", "userId and email are required.");
    }
    const user = await findUser(context, userId);
    const asker = typeof clientId === "string" ? { client_id: clientId } : {};
    const code = await emailChangeCode(context, user, { email, ...asker });
    if (code === null) return reply.code(409).send();
    return reply.code(201).type("text/plain").send(code);
  });

  postBareText(server, "/email_changes", async (code, request, reply) => {
    await requireScope(context, request, "oauth.login");
    const done = await completeChange(context, code);
    if (done === null) return reply.code(422).send();
    const { user, data } = done;
    const redirectUrl = await changeEmailRedirect(context, data);
    return {
      username: user.userName,
      userId: user.id,
      email: user.email,
      ...(redirectUrl === null ? {} : { redirect_url: redirectUrl }),
    };
  });

  server.get("/verify_email", async (request, reply) => {
    const session = await sessionOf(context, request);
    const done = await completeChange(context, parametersOf(request)["code"] ?? "");
    if (done === null) {
      if (session !== null) return reply.redirect("/profile?error_message_code=email_change.invalid_code", 302);
      return sendErrorPage(
        request,
        reply,
        new UaaError("invalid_code", "This link is no longer valid. Please ask for a new one."),
      );
    }
    const target = (await accountRedirect(context, done.data)) ?? (await changeEmailRedirect(context, done.data));
    if (target !== null) return reply.redirect(target, 302);
    if (session !== null) return reply.redirect("/profile?success_message_code=email_change.success", 302);
    return reply.redirect("/login?success=change_email_success", 302);
  });
}

/** The code for a link to the new address; null: somebody goes by this address already. Durable. */
export async function emailChangeCode(
  context: UaaContext,
  user: User,
  change: Pick<AccountCodeData, "client_id" | "redirect_uri"> & { readonly email: string },
): Promise<string | null> {
  const isNamedByEmail = user.userName === user.email;
  if (isNamedByEmail && (await context.users.findByName(change.email, "uaa")).length > 0) return null;
  return await makeAccountCode(context, "EMAIL", { user_id: user.id, ...change });
}

async function completeChange(
  context: UaaContext,
  code: string,
): Promise<{ readonly user: User; readonly data: AccountCodeData } | null> {
  const data = await takeAccountCode(context, "EMAIL", code);
  const user = data === null ? null : await context.users.find(data.user_id);
  if (data === null || data.email === undefined || user === null) return null;
  const next = {
    ...user,
    userName: user.userName === user.email ? data.email : user.userName,
    email: data.email,
    verified: true,
    version: user.version + 1,
    lastModifiedMs: context.clock.nowMs(),
  };
  await context.users.update(next, user.version);
  await context.database.durable();
  return { user: next, data };
}

/** UAA: ClientConstants.CHANGE_EMAIL_REDIRECT_URL */
async function changeEmailRedirect(
  context: UaaContext,
  { client_id: clientId }: AccountCodeData,
): Promise<string | null> {
  const client = clientId === undefined ? null : await context.clients.find(clientId);
  const url = client?.additional["change_email_redirect_url"];
  return typeof url === "string" && URL.canParse(url) ? new URL(url).toString() : null;
}

/** Enough to catch slips; whether it is read is shown by the code that comes back. */
export function isEmail(text: string): boolean {
  return text.length <= 255 && /^[^\s@<>"]+@[^\s@<>"]+$/.test(text);
}
