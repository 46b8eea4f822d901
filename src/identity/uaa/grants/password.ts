import type { UaaContext } from "../context.ts";
import { UaaError } from "../errors.ts";
import type { ExternalSignIn } from "../identity-source.ts";
import { PASSCODE, type PasscodePayload } from "../passcode.ts";
import { decideUserScopes, parseScopes } from "../scopes.ts";
import { groupNamesOf, requireAllowedProvider, signIn } from "../sign-in.ts";
import { issueTokens, type TokenAnswer } from "../token-service.ts";
import { authenticationNow, commonOf, type GrantRequest } from "./grant.ts";

/** Name and password, or a passcode of the browser in their place. UAA: PasswordGrantAuthenticationManager */
export async function passwordGrant(context: UaaContext, request: GrantRequest): Promise<TokenAnswer> {
  const { client, parameters } = request;
  const { username, password, passcode, nonce } = parameters;
  let signedIn: ExternalSignIn;
  if (passcode !== undefined && password === undefined) signedIn = await byPasscode(context, passcode);
  else {
    if (username === undefined || password === undefined) {
      throw new UaaError("unauthorized", "Full authentication is required to access this resource");
    }
    const by = await signIn(context, username, password, originOf(parameters["login_hint"]));
    if (by.passwordChangeRequired) throw new UaaError("unauthorized", "password change required");
    signedIn = by;
  }
  const { user } = signedIn;
  requireAllowedProvider(client.additional["allowedproviders"], user);
  const scopes = decideUserScopes(parseScopes(parameters["scope"]), client, await groupNamesOf(context, user.id));
  const authentication = authenticationNow(context, signedIn);
  return await issueTokens(context, { ...commonOf(request), user, authentication, scopes, nonce: nonce ?? null });
}

/** UAA: PasscodeAuthenticationFilter */
async function byPasscode(context: UaaContext, passcode: string): Promise<ExternalSignIn> {
  const taken = await context.tokens.takeCode(passcode, context.clock.nowMs());
  await context.file.durable();
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
