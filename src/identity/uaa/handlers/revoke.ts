import type { FastifyInstance } from "fastify";
import { audit } from "../audit.ts";
import type { UaaContext } from "../context.ts";
import { UaaError } from "../errors.ts";
import type { StoredToken } from "../model.ts";
import { bearerOf, hasScope, insufficientScope, requireScopeOrAdmin } from "./request.ts";

/** Ends and lists tokens. UAA: TokenRevocationEndpoint */
export function registerRevoke(server: FastifyInstance, context: UaaContext): void {
  const { tokens, users, clients, database } = context;

  server.delete<{ Params: { tokenId: string } }>("/oauth/token/revoke/:tokenId", async (request, reply) => {
    const caller = await bearerOf(context, request);
    const token = await tokens.find(request.params.tokenId);
    const isOwn =
      token !== null &&
      (caller.user === null ? token.clientId === caller.client.clientId : token.userId === caller.user.id);
    if (!isOwn && !hasScope(caller, "tokens.revoke", "uaa.admin"))
      throw insufficientScope(["uaa.admin", "tokens.revoke"]);
    if (token === null) throw notFound();
    await tokens.delete(token.tokenId);
    await database.durable();
    audit(context, "TokenRevocationEvent", { userId: token.userId, clientId: token.clientId });
    return reply.code(200).send();
  });

  server.get<{ Params: { userId: string } }>("/oauth/token/revoke/user/:userId", async (request, reply) => {
    const caller = await bearerOf(context, request);
    const { userId } = request.params;
    if (caller.user?.id !== userId && !hasScope(caller, "tokens.revoke", "uaa.admin")) {
      throw insufficientScope(["uaa.admin", "tokens.revoke"]);
    }
    if ((await users.find(userId)) === null) throw notFound();
    await users.changeTokenSalt(userId, context.secrets.token(8)); // voids those that are not kept here, too
    await tokens.deleteOf({ userId });
    await database.durable();
    audit(context, "TokenRevocationEvent", { userId });
    return reply.code(200).send();
  });

  server.get<{ Params: { userId: string; clientId: string } }>(
    "/oauth/token/revoke/user/:userId/client/:clientId",
    async (request, reply) => {
      const caller = await bearerOf(context, request);
      const { userId, clientId } = request.params;
      const isSelf = caller.user?.id === userId && caller.client.clientId === clientId;
      if (!isSelf && !hasScope(caller, "tokens.revoke", "uaa.admin")) {
        throw insufficientScope(["uaa.admin", "tokens.revoke"]);
      }
      if ((await users.find(userId)) === null || (await clients.find(clientId)) === null) throw notFound();
      await tokens.deleteOf({ userId, clientId });
      await database.durable();
      audit(context, "TokenRevocationEvent", { userId, clientId });
      return reply.code(200).send();
    },
  );

  server.get<{ Params: { clientId: string } }>("/oauth/token/revoke/client/:clientId", async (request, reply) => {
    await requireScopeOrAdmin(context, request, "tokens.revoke");
    const { clientId } = request.params;
    const client = await clients.find(clientId);
    if (client === null) throw notFound();
    const additional = { ...client.additional, token_salt: context.secrets.token(8) };
    await clients.apply([{ kind: "update", client: { ...client, additional } }]); // voids those that are not kept here, too
    await tokens.deleteOf({ clientId });
    await database.durable();
    audit(context, "TokenRevocationEvent", { clientId });
    return reply.code(200).send();
  });

  server.get("/oauth/token/list", async (request) => {
    const { user, client } = await bearerOf(context, request);
    const owner = user === null ? { clientId: client.clientId } : { userId: user.id, clientId: client.clientId };
    return (await tokens.list(owner)).map((token) => wireToken(token, context.zoneId));
  });
  server.get<{ Params: { userId: string } }>("/oauth/token/list/user/:userId", async (request) => {
    await requireScopeOrAdmin(context, request, "tokens.list");
    return (await tokens.list({ userId: request.params.userId })).map((token) => wireToken(token, context.zoneId));
  });
  server.get<{ Params: { clientId: string } }>("/oauth/token/list/client/:clientId", async (request) => {
    await requireScopeOrAdmin(context, request, "tokens.list");
    return (await tokens.list({ clientId: request.params.clientId })).map((token) => wireToken(token, context.zoneId));
  });
}

function notFound(): UaaError {
  return new UaaError("invalid_token", "Resource not found", { status: 404 });
}

function wireToken(token: StoredToken, zoneId: string): Record<string, unknown> {
  return {
    tokenId: token.tokenId,
    clientId: token.clientId,
    userId: token.userId,
    format: token.claims === null ? "jwt" : "opaque",
    responseType: token.kind,
    issuedAt: token.issuedMs,
    expiresAt: token.expiresMs,
    scope: `[${token.scope.join(", ")}]`,
    value: null,
    zoneId,
  };
}
