import type { UaaContext } from "../context.ts";
import { notAuthenticated, UaaError } from "../errors.ts";
import type { ExternalSignIn } from "../identity-source.ts";
import { PASSCODE, type PasscodePayload } from "../passcode.ts";
import { signInByProgram } from "../sign-in.ts";
import type { TokenAnswer } from "../token-service.ts";
import { type GrantRequest, grantToUser } from "./grant.ts";

/** Name and password, or a passcode of the browser in their place. UAA: PasswordGrantAuthenticationManager */
export async function passwordGrant(context: UaaContext, request: GrantRequest): Promise<TokenAnswer> {
  const { username, password, passcode, nonce, login_hint: loginHint } = request.parameters;
  let signedIn: ExternalSignIn;
  if (passcode !== undefined && password === undefined) signedIn = await byPasscode(context, passcode);
  else {
    if (username === undefined || password === undefined) throw notAuthenticated();
    signedIn = await signInByProgram(context, username, password, originOf(loginHint));
  }
  return await grantToUser(context, request, signedIn, nonce ?? null);
}

/** UAA: PasscodeAuthenticationFilter */
async function byPasscode(context: UaaContext, passcode: string): Promise<ExternalSignIn> {
  const taken = await context.tokens.takeCode(passcode, context.clock.nowMs());
  await context.database.durable();
  if (taken === null || !taken.intent.startsWith(PASSCODE)) throw new UaaError("unauthorized", "Invalid passcode");
  const user = await context.users.find(taken.intent.slice(PASSCODE.length));
  if (user === null || !user.active) throw new UaaError("unauthorized", "Invalid passcode");
  return { user, authMethods: ["pwd"], ...(taken.payload as PasscodePayload | null) };
}

/** `login_hint` is JSON with an origin. UAA: UaaLoginHint */
function originOf(loginHint: string | undefined): string | null {
  if (loginHint === undefined) return null;
  try {
    const hint: unknown = JSON.parse(loginHint);
    const origin = typeof hint === "object" && hint !== null ? (hint as Record<string, unknown>)["origin"] : null;
    return typeof origin === "string" && origin !== "" ? origin : null;
  } catch {
    return null;
  }
}
