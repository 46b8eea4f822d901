import type { UaaContext } from "../context.ts";
import { UaaError } from "../errors.ts";
import { checkPassword } from "../password-policy.ts";

export const MISMATCH = "Passwords must match and not be empty.";

/** What is wrong with a password that was typed twice, in words for a page; null: nothing. */
export async function passwordFault(
  context: UaaContext,
  password: string,
  confirmation: string,
): Promise<string | null> {
  if (password === "" || password !== confirmation) return MISMATCH;
  try {
    await checkPassword(context, password);
    return null;
  } catch (error) {
    if (error instanceof UaaError) return error.message;
    throw error;
  }
}
