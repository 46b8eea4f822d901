import type { UaaContext } from "./context.ts";
import type { OauthClient } from "./model.ts";
import { coversScope } from "./scopes.ts";

/** UAA: UserManagedAuthzApprovalHandler, one month */
export const APPROVAL_TTL_MS = 2_592_000_000;
/** The grant type. RFC 7523 */
export const JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/** Which of the scopes a user need not be asked about for this client. UAA: UaaTokenUtils.retainAutoApprovedScopes */
export function autoApproved(client: OauthClient, scopes: readonly string[]): string[] {
  const { autoApprove } = client;
  if (autoApprove === true) return [...scopes];
  return scopes.filter((scope) => autoApprove.some((auto) => coversScope(auto, scope)));
}

/** What the user has said about this client and what still counts, by scope. */
export async function answersOf(
  context: UaaContext,
  userId: string,
  client: OauthClient,
): Promise<Map<string, "APPROVED" | "DENIED">> {
  const answers = new Map<string, "APPROVED" | "DENIED">();
  const nowMs = context.clock.nowMs();
  for (const approval of await context.tokens.approvals(userId)) {
    if (approval.clientId === client.clientId && approval.expiresMs > nowMs) {
      answers.set(approval.scope, approval.status);
    }
  }
  return answers;
}

/** Who typed his password into a client has approved. UAA: ApprovalService.ensureRequiredApprovals */
export async function isApproved(
  context: UaaContext,
  userId: string,
  client: OauthClient,
  scopes: readonly string[],
  grantType: string,
): Promise<boolean> {
  // The JWT bearer is not exempt in UAA, so `cf auth --assertion` cannot refresh there; its client has the same trust.
  if (grantType === "password" || grantType === JWT_BEARER) return true;
  const auto = autoApproved(client, scopes);
  const open = scopes.filter((scope) => !auto.includes(scope));
  if (open.length === 0) return true;
  const answers = await answersOf(context, userId, client);
  return open.every((scope) => answers.get(scope) === "APPROVED");
}
