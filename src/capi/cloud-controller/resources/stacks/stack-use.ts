import type { Kysely } from "kysely";
import { CcError } from "../../errors.ts";
import type { CcDatabase, StacksTable } from "../../store/schema.ts";

export interface StackUse {
  /** Why the stack cannot be used; null when it can. */
  readonly refusal: string | null;
  readonly warnings: readonly string[];
}

type StackState = Pick<StacksTable, "name" | "state" | "state_reason">;

/**
 * Whether an app may use the stack: for the first time (`isFirst`), or once more. A restricted one only serves apps that have been staged,
 * a disabled one nobody. CC: lib/cloud_controller/stack_state_validator.rb
 */
export function stackUse({ name, state, state_reason: reason }: StackState, isFirst: boolean): StackUse {
  const more = reason === null || reason.trim() === "" ? "" : ` ${reason}`;
  if (state === "DISABLED" || (state === "RESTRICTED" && isFirst)) {
    const text = `ERROR: Staging failed. The stack '${name}' is '${state}' and cannot be used for staging.${more}`;
    return { refusal: text, warnings: [] };
  }
  if (state === "ACTIVE") return { refusal: null, warnings: [] };
  const warning = `WARNING: The stack '${name}' is '${state}' and will be removed in the future.${more}`;
  return { refusal: null, warnings: [warning] };
}

/** Of an app that has been staged before, or not. A stack that does not exist is somebody else's matter. */
export async function appStackUse(
  db: Kysely<CcDatabase>,
  stackName: string | null,
  appGuid: string | null,
): Promise<StackUse> {
  const stack = await db
    .selectFrom("stacks")
    .where("name", "=", stackName ?? "")
    .select(["name", "state", "state_reason"])
    .executeTakeFirst();
  if (stack === undefined) return { refusal: null, warnings: [] };
  const build =
    appGuid === null
      ? undefined
      : await db.selectFrom("builds").where("app_guid", "=", appGuid).select("guid").limit(1).executeTakeFirst();
  return stackUse(stack, build === undefined);
}

/** Gives the warnings. Throws `errorName` with the refusal. */
export async function requireUsableStack(
  db: Kysely<CcDatabase>,
  stackName: string | null,
  appGuid: string | null,
  errorName: "UnprocessableEntity" | "StackValidationFailed" = "UnprocessableEntity",
): Promise<readonly string[]> {
  const { refusal, warnings } = await appStackUse(db, stackName, appGuid);
  if (refusal !== null) throw new CcError(errorName, [refusal]);
  return warnings;
}
