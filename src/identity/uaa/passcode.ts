import type { UaaContext } from "./context.ts";
import type { Session, SessionDetails } from "./store-tokens.ts";

/** UAA: PasscodeEndpoint, five minutes */
const PASSCODE_TTL_MS = 300_000;
/** Intent of the one-time code; the user's id follows. */
export const PASSCODE = "PASSCODE ";

/** How its owner had signed in. */
export type PasscodePayload = SessionDetails;

/** A code that stands for the password once; the one before ends. Durable when it resolves. */
export async function makePasscode(context: UaaContext, session: Session): Promise<string> {
  const { secrets, tokens, clock, database } = context;
  const passcode = secrets.token(24);
  const payload: PasscodePayload = session.details;
  await tokens.saveCode(passcode, `${PASSCODE}${session.userId}`, payload, clock.nowMs() + PASSCODE_TTL_MS, true);
  await database.durable();
  return passcode;
}
