import type { FastifyInstance } from "fastify";
import type { UaaContext } from "../context.ts";
import { UaaError } from "../errors.ts";
import type { Approval, User } from "../model.ts";
import { parametersOf, requireScope } from "./request.ts";

const DEFAULT_TTL_MS = 2_592_000_000;

/** What a user has allowed to which client. UAA: ApprovalsAdminEndpoints */
export function registerApprovals(server: FastifyInstance, context: UaaContext): void {
  const { tokens, clock, file } = context;
  const userOf = async (request: Parameters<typeof requireScope>[1]): Promise<User> => {
    const { user } = await requireScope(context, request, "oauth.approvals");
    if (user === null) throw new UaaError("access_denied", "Access is denied");
    return user;
  };

  server.get("/approvals", async (request) => {
    const user = await userOf(request);
    return (await tokens.approvals(user.id)).filter((approval) => approval.expiresMs > clock.nowMs()).map(wireApproval);
  });

  server.put("/approvals", async (request) => {
    const user = await userOf(request);
    if (!Array.isArray(request.body)) throw new UaaError("invalid_request", "The request body must be a list");
    const approvals = (request.body as unknown[]).map((entry) => readApproval(entry, user.id, clock.nowMs()));
    for (const clientId of new Set(approvals.map((approval) => approval.clientId))) {
      await tokens.deleteApprovals(user.id, clientId);
    }
    await tokens.saveApprovals(approvals);
    await file.durable();
    return approvals.map(wireApproval);
  });

  server.delete("/approvals", async (request) => {
    const user = await userOf(request);
    const { clientId = "" } = parametersOf(request);
    if ((await context.clients.find(clientId)) === null) {
      throw new UaaError("not_found", `No client with requested id: ${clientId}`);
    }
    await tokens.deleteApprovals(user.id, clientId);
    await tokens.deleteOf({ userId: user.id, clientId });
    await file.durable();
    return { status: "ok", message: `Approvals of user ${user.id} and client ${clientId} revoked` };
  });
}

function readApproval(entry: unknown, userId: string, nowMs: number): Approval {
  const fields = typeof entry === "object" && entry !== null ? (entry as Record<string, unknown>) : {};
  const { clientId, scope, status, expiresAt } = fields;
  if (typeof clientId !== "string" || typeof scope !== "string" || (status !== "APPROVED" && status !== "DENIED")) {
    throw new UaaError("invalid_request", "An approval needs clientId, scope and status");
  }
  const expires = typeof expiresAt === "string" ? Date.parse(expiresAt) : Number.NaN;
  const expiresMs = Number.isNaN(expires) ? nowMs + DEFAULT_TTL_MS : expires;
  return { userId, clientId, scope, status, expiresMs, lastModifiedMs: nowMs };
}

function wireApproval(approval: Approval): Record<string, unknown> {
  return {
    userId: approval.userId,
    clientId: approval.clientId,
    scope: approval.scope,
    status: approval.status,
    lastUpdatedAt: new Date(approval.lastModifiedMs).toISOString(),
    expiresAt: new Date(approval.expiresMs).toISOString(),
  };
}
