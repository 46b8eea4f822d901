import type { FastifyInstance } from "fastify";
import { APPROVAL_TTL_MS, autoApproved } from "../approval.ts";
import { audit } from "../audit.ts";
import type { UaaContext } from "../context.ts";
import { accessDenied, UaaError } from "../errors.ts";
import type { Approval, User } from "../model.ts";
import { wireApproval } from "../scim-user.ts";
import { parametersOf, requireScope } from "./request.ts";

/** More than any user has. */
const APPROVALS_MAX = 1_000;

/** What a user has allowed to which client. UAA: ApprovalsAdminEndpoints */
export function registerApprovals(server: FastifyInstance, context: UaaContext): void {
  const { tokens, clock, database } = context;
  const userOf = async (request: Parameters<typeof requireScope>[1]): Promise<User> => {
    const { user } = await requireScope(context, request, "oauth.approvals");
    if (user === null) throw accessDenied();
    return user;
  };

  server.get("/approvals", async (request) => {
    const user = await userOf(request);
    const standing = (await tokens.approvals(user.id)).filter((approval) => approval.expiresMs > clock.nowMs());
    const shown: Approval[] = [];
    for (const [clientId, approvals] of Map.groupBy(standing, (approval) => approval.clientId)) {
      const client = await context.clients.find(clientId);
      // What the client's registration grants anyway is not the user's to answer.
      const auto = client === null ? [] : autoApproved(client, client.scope);
      shown.push(...approvals.filter(({ scope }) => !auto.includes(scope)));
    }
    return shown.map(wireApproval);
  });

  server.put("/approvals", async (request) => {
    const user = await userOf(request);
    const approvals = readApprovals(request.body, user.id, clock.nowMs());
    await tokens.replaceApprovals(user.id, null, approvals);
    await database.durable();
    audit(context, "ApprovalModifiedEvent", { userId: user.id });
    return approvals.map(wireApproval);
  });

  server.put<{ Params: { clientId: string } }>("/approvals/:clientId", async (request) => {
    const user = await userOf(request);
    const { clientId } = request.params;
    if ((await context.clients.find(clientId)) === null) {
      throw new UaaError("not_found", `No client with requested id: ${clientId}`);
    }
    await tokens.replaceApprovals(user.id, clientId, readApprovals(request.body, user.id, clock.nowMs()));
    await database.durable();
    audit(context, "ApprovalModifiedEvent", { userId: user.id, clientId });
    const own = (await tokens.approvals(user.id)).filter((approval) => approval.clientId === clientId);
    return own.map(wireApproval);
  });

  server.delete("/approvals", async (request) => {
    const user = await userOf(request);
    const { clientId = "" } = parametersOf(request);
    if ((await context.clients.find(clientId)) === null) {
      throw new UaaError("not_found", `No client with requested id: ${clientId}`);
    }
    await tokens.deleteApprovals(user.id, clientId);
    await tokens.deleteOf({ userId: user.id, clientId });
    await database.durable();
    return { status: "ok", message: `Approvals of user ${user.id} and client ${clientId} revoked` };
  });
}

/** Throws `invalid_request`, and `unauthorized` for another user's. */
export function readApprovals(body: unknown, userId: string, nowMs: number): Approval[] {
  if (!Array.isArray(body) || body.length > APPROVALS_MAX) {
    throw new UaaError("invalid_request", "The request body must be a list");
  }
  return body.map((entry: unknown) => readApproval(entry, userId, nowMs));
}

function readApproval(entry: unknown, userId: string, nowMs: number): Approval {
  const fields = typeof entry === "object" && entry !== null ? (entry as Record<string, unknown>) : {};
  const { clientId, scope, status, expiresAt } = fields;
  const owner = fields["userId"] ?? fields["user_id"] ?? userId;
  if (owner !== userId) {
    const text = "Cannot update approvals for another user. Set user_id to null to update for existing user.";
    throw new UaaError("unauthorized", text, { extra: { error: "unauthorized_operation" } });
  }
  if (typeof clientId !== "string" || typeof scope !== "string" || (status !== "APPROVED" && status !== "DENIED")) {
    throw new UaaError("invalid_request", "An approval needs clientId, scope and status");
  }
  const expires = typeof expiresAt === "string" ? Date.parse(expiresAt) : Number.NaN;
  const expiresMs = Number.isNaN(expires) ? nowMs + APPROVAL_TTL_MS : expires;
  return { userId, clientId, scope, status, expiresMs, lastModifiedMs: nowMs };
}
