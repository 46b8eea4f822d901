import type { FastifyInstance } from "fastify";
import type { UaaContext } from "../context.ts";
import type { SigningKey } from "../signing-keys.ts";

/** GET /token_key and /token_keys, for everybody. UAA: TokenKeyEndpoint */
export function registerKeys(server: FastifyInstance, context: UaaContext): void {
  server.get("/token_key", async (request, reply) => {
    const { version, active } = context.keys;
    if (request.headers["if-none-match"] === version) return reply.code(304).send();
    return reply.header("etag", version).send(wireKey(active));
  });
  server.get("/token_keys", async (request, reply) => {
    const { version } = context.keys;
    reply.header("etag", version);
    if (request.headers["if-none-match"] === version) return reply.code(304).send();
    return tokenKeys(context);
  });
}

/** The JWK set. */
export function tokenKeys(context: UaaContext): { keys: Record<string, unknown>[] } {
  return { keys: context.keys.all.map(wireKey) };
}

function wireKey(key: SigningKey): Record<string, unknown> {
  const { n, e } = key.publicJwk;
  return { kty: "RSA", e, use: "sig", kid: key.id, alg: "RS256", value: key.publicPem, n };
}
