import type { UaaContext } from "./context.ts";
import type { OneTimeCode } from "./store-tokens.ts";

/** UAA: ExpiringCodeType */
export type AccountIntent = "INVITATION" | "REGISTRATION" | "EMAIL" | "AUTOLOGIN" | "PASSWORD_RESET";

/** What links to a person carry. Kept as the JSON object that `/Codes` would show. */
export interface AccountCodeData {
  readonly user_id: string;
  readonly email?: string;
  readonly client_id?: string;
  readonly redirect_uri?: string;
  /** The code is void once the user has changed since. */
  readonly user_name?: string;
  readonly password_changed_ms?: number;
}

/** A one-time code for a link; of password resets the last one of a user counts. Durable. */
export async function makeAccountCode(
  context: UaaContext,
  intent: AccountIntent,
  data: AccountCodeData,
  ttlMs: number,
): Promise<string> {
  const { secrets, tokens, clock, file } = context;
  const code = secrets.token(24);
  const name = intent === "PASSWORD_RESET" ? `${intent} ${data.user_id}` : intent;
  await tokens.saveCode(code, name, data, clock.nowMs() + ttlMs, intent === "PASSWORD_RESET");
  await file.durable();
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
  await context.file.durable();
  return data;
}

/** Looks without taking: mail programs open links before people do. */
export async function peekAccountCode(
  context: UaaContext,
  intent: AccountIntent,
  code: string,
): Promise<AccountCodeData | null> {
  return dataOf(await context.tokens.peekCode(code, context.clock.nowMs()), intent);
}

function dataOf(code: OneTimeCode | null, intent: AccountIntent): AccountCodeData | null {
  return code !== null && code.intent.split(" ")[0] === intent ? (code.payload as AccountCodeData) : null;
}
