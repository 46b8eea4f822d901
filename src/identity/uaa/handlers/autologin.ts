import type { FastifyInstance } from "fastify";
import { makeAccountCode, takeAccountCode } from "../account-code.ts";
import type { UaaContext } from "../context.ts";
import { UaaError } from "../errors.ts";
import type { User } from "../model.ts";
import { wireClient } from "../oauth-client-json.ts";
import { startSession } from "../session.ts";
import { NOT_VERIFIED, signIn, signInByProgram } from "../sign-in.ts";
import { clientOf, parametersOf, requireScope } from "./request.ts";

/** Sign-in by other programs' forms. UAA: LoginInfoEndpoint, RemoteAuthenticationEndpoint, ClientInfoEndpoint */
export function registerAutologin(server: FastifyInstance, context: UaaContext): void {
  server.post("/autologin", async (request) => {
    const client = await clientOf(context, request);
    const body = { ...(request.body as Record<string, unknown> | undefined), ...parametersOf(request) };
    const { username, password } = body;
    if (typeof username !== "string") throw new UaaError("unauthorized", "No username in request");
    if (typeof password !== "string") throw new UaaError("unauthorized", "No password in request");
    const { user } = await signInByProgram(context, username, password, null);
    const data = { user_id: user.id, client_id: client.clientId };
    const code = await makeAccountCode(context, "AUTOLOGIN", data);
    return { code, path: "/oauth/authorize" };
  });

  server.get("/autologin", async (request, reply) => {
    const { code = "", client_id: clientId } = parametersOf(request);
    const user = await userOfAutologin(context, code, clientId);
    await startSession(context, request, reply, { user, authMethods: ["pwd"] });
    return reply.redirect("/home", 302);
  });

  server.post("/authenticate", async (request, reply) => {
    const byClient = request.headers.authorization !== undefined;
    if (byClient) await requireScope(context, request, "oauth.login");
    const { username, password, source } = parametersOf(request);
    // `source`: a login server of old vouches for somebody. Nobody vouches here but registered providers.
    if (source !== undefined || username === undefined || password === undefined) {
      return reply.code(401).send({ error: "authentication failed" });
    }
    try {
      const { user } = await signIn(context, username, password, null);
      const { userName, email, origin, id } = user;
      return { username: userName, email, ...(byClient ? { origin, user_id: id } : {}) };
    } catch (error) {
      if (!(error instanceof UaaError) || error.status >= 500) throw error;
      if (error.message === NOT_VERIFIED) return reply.code(403).send({ error: "account not verified" });
      return reply.code(401).send({ error: "authentication failed" });
    }
  });

  server.route({
    method: ["GET", "POST"],
    url: "/clientinfo",
    handler: async (request) => wireClient({ ...(await clientOf(context, request)), additional: {} }),
  });
}

/** Takes the code. Throws `invalid_code` (422) and `unauthorized`. UAA: AutologinAuthenticationManager */
export async function userOfAutologin(context: UaaContext, code: string, clientId: string | undefined): Promise<User> {
  const data = await takeAccountCode(context, "AUTOLOGIN", code);
  if (data === null) throw new UaaError("invalid_code", "Expired code", { extra: { error: "expired_code" } });
  if (data.client_id === undefined || data.client_id !== clientId) {
    throw new UaaError("unauthorized", "Cannot redeem provided code for user, client mismatch");
  }
  const user = await context.users.find(data.user_id);
  if (user === null || !user.active) {
    throw new UaaError("unauthorized", "Cannot redeem provided code for user, user is missing");
  }
  return user;
}
