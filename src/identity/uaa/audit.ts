import { createHash } from "node:crypto";
import type { UaaContext } from "./context.ts";

/** What is worth a line for those who look for misuse. UAA: AuditEventType */
export type AuditEvent =
  | "UserAuthenticationSuccess"
  | "UserAuthenticationFailure"
  | "UserNotFound"
  | "AccountLocked"
  | "ClientAuthenticationFailure"
  | "TokenIssuedEvent"
  | "TokenRevocationEvent"
  | "PasswordChangeSuccess"
  | "PasswordChangeFailure"
  | "PasswordResetRequest"
  | "UserVerifiedEvent"
  | "UserInvited"
  | "UserAccountUnlockedEvent"
  | "ApprovalModifiedEvent"
  | "IdentityProviderCreatedEvent"
  | "IdentityProviderModifiedEvent"
  | "IdentityProviderDeletedEvent"
  | "IdentityZoneCreatedEvent"
  | "IdentityZoneModifiedEvent"
  | "IdentityZoneDeletedEvent";

/** `grantType` is known with issued tokens alone. */
export type AuditListener = (event: AuditEvent, grantType: string | null) => void;

/** One line of the platform's log. Fields name people, clients and scopes by id; never a secret, code or token. */
export function audit(context: UaaContext, event: AuditEvent, fields: Readonly<Record<string, unknown>>): void {
  context.log.info("audit", { event, ...fields });
  context.audited?.(event, typeof fields["grantType"] === "string" ? fields["grantType"] : null);
}

/** For a name that nobody has: people type their password there. UAA: UserNotFoundEvent hashes it too */
export function unknownName(name: string): string {
  return createHash("sha256").update(name).digest("hex").slice(0, 16);
}
