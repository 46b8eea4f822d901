import { createHash } from "node:crypto";
import type { UaaContext } from "./context.ts";

/**
 * What a client compares to learn whether somebody else has signed in meanwhile (OpenID Connect Session Management).
 * `userId` empty: nobody. UAA: OpenIdSessionStateCalculator
 */
export function sessionState(context: UaaContext, userId: string, clientId: string, redirectUri: string): string {
  const salt = Buffer.from(context.secrets.bytes(8)).toString("hex");
  const { origin } = new URL(redirectUri);
  const digest = createHash("sha256").update(`${clientId} ${origin} ${userId} ${salt}`).digest("hex");
  return `${digest}.${salt}`;
}
