import type { FastifyInstance } from "fastify";
import type { UaaContext } from "../context.ts";
import { UaaError } from "../errors.ts";
import { AUTHORIZATION_CODE } from "../grants/authorization-code.ts";
import { PASSCODE } from "../passcode.ts";
import { jsonBodyOf, requireScopeOrAdmin } from "./request.ts";

/** Intent of codes that were made here. */
const PLAIN = "CODES";

/** One-time codes for login servers of old. UAA: CodeStoreEndpoints */
export function registerCodes(server: FastifyInstance, context: UaaContext): void {
  const { tokens, clock, secrets, database } = context;

  server.post("/Codes", async (request, reply) => {
    await requireScopeOrAdmin(context, request, "oauth.login");
    const { data, expiresAt } = jsonBodyOf(request);
    const expiresMs = typeof expiresAt === "string" ? Date.parse(expiresAt) : expiresAt;
    if (typeof data !== "string" || typeof expiresMs !== "number" || !Number.isSafeInteger(expiresMs)) {
      throw new UaaError("invalid_request", "data and expiresAt are required.");
    }
    if (expiresMs <= clock.nowMs()) throw new UaaError("invalid_request", "expiresAt must be in the future.");
    const code = secrets.token(24);
    await tokens.saveCode(code, PLAIN, data, expiresMs, false);
    await database.durable();
    return reply.code(201).send({ code, expiresAt: expiresMs, data, intent: null });
  });

  server.get<{ Params: { code: string } }>("/Codes/:code", async (request) => {
    await requireScopeOrAdmin(context, request, "oauth.login");
    const { code } = request.params;
    const found = await tokens.peekCode(code, clock.nowMs());
    const isOurs = found !== null && found.intent !== AUTHORIZATION_CODE && !found.intent.startsWith(PASSCODE);
    const taken = isOurs ? await tokens.takeCode(code, clock.nowMs()) : null;
    await database.durable();
    if (taken === null) throw new UaaError("not_found", "Code not found");
    const { intent, payload, expiresMs } = taken;
    return {
      code,
      expiresAt: expiresMs,
      data: typeof payload === "string" ? payload : JSON.stringify(payload),
      intent: intent === PLAIN ? null : intent.split(" ")[0],
    };
  });
}
