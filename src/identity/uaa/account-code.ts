import type { UaaContext } from "./context.ts";
import type { User } from "./model.ts";
import type { OneTimeCode } from "./store-tokens.ts";

/** How long the codes of each purpose are good. UAA: ExpiringCodeType */
const TTL_MS = {
  /** UAA: InvitationsEndpoint.INVITATION_EXPIRY_DAYS */
  INVITATION: 7 * 86_400_000,
  /** UAA: ScimUtils.getExpiringCode, one hour */
  REGISTRATION: 3_600_000,
  /** UAA: ChangeEmailEndpoints.EMAIL_CHANGE_LIFETIME */
  EMAIL: 1_800_000,
  /** UAA: LoginInfoEndpoint.generateAutologinCode, PasswordResetEndpoint, five minutes */
  AUTOLOGIN: 300_000,
  /** UAA: UaaResetPasswordService.PASSWORD_RESET_LIFETIME */
  PASSWORD_RESET: 1_800_000,
} as const;

export type AccountIntent = keyof typeof TTL_MS;

/** What links to a person carry. Kept as the JSON object that `/Codes` would show. */
export interface AccountCodeData {
  readonly user_id: string;
  readonly email?: string | undefined;
  readonly client_id?: string | undefined;
  readonly redirect_uri?: string | undefined;
  /** The code is void once the user has changed since. */
  readonly user_name?: string;
  readonly password_changed_ms?: number;
}

/** A one-time code for a link; of password resets the last one of a user counts. Durable. */
export async function makeAccountCode(
  context: UaaContext,
  intent: AccountIntent,
  data: AccountCodeData,
): Promise<string> {
  const { secrets, tokens, clock, database } = context;
  const code = secrets.token(24);
  const name = intent === "PASSWORD_RESET" ? `${intent} ${data.user_id}` : intent;
  await tokens.saveCode(code, name, data, clock.nowMs() + TTL_MS[intent], intent === "PASSWORD_RESET");
  await database.durable();
  return code;
}

/** Takes the code: it works once. Null: there is none for this purpose. Durable. */
export async function takeAccountCode(
  context: UaaContext,
  intent: AccountIntent,
  code: string,
): Promise<AccountCodeData | null> {
  const nowMs = context.clock.nowMs();
  if (dataOf(await context.tokens.peekCode(code, nowMs), intent) === null) return null; // not this one's to take
  const data = dataOf(await context.tokens.takeCode(code, nowMs), intent);
  await context.database.durable();
  return data;
}

/** Looks without taking: mail programs open links before people do. Null also when its user has gone. */
export async function peekAccountCode(
  context: UaaContext,
  intent: AccountIntent,
  code: string,
): Promise<{ readonly data: AccountCodeData; readonly user: User } | null> {
  const data = dataOf(await context.tokens.peekCode(code, context.clock.nowMs()), intent);
  const user = data === null ? null : await context.users.find(data.user_id);
  return data === null || user === null ? null : { data, user };
}

function dataOf(code: OneTimeCode | null, intent: AccountIntent): AccountCodeData | null {
  return code !== null && code.intent.split(" ")[0] === intent ? (code.payload as AccountCodeData) : null;
}
