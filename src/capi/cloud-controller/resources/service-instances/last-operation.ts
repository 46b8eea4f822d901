import { presentTime } from "../../api/timestamps.ts";

export type OperationType = "create" | "update" | "delete";
export type OperationState = "initial" | "in progress" | "succeeded" | "failed";

/** What was last done to an instance or binding, as its row keeps it. CC: helpers/service_operation_mixin.rb */
export interface LastOperation {
  readonly type: OperationType;
  readonly state: OperationState;
  readonly description: string | null;
  readonly created_at: string;
  readonly updated_at: string;
  /** `operation` of the broker's 202, given back to it when polling. Never shown. */
  readonly broker_operation?: string | null;
  /** The broker took the request and works on it: what follows is polling, not asking again. Never shown. */
  readonly accepted?: true;
}

/** The JSON of an operation. Each change of state starts its times anew, as in CC. */
export function operation(
  type: OperationType,
  state: OperationState,
  nowMs: number,
  more: Partial<Pick<LastOperation, "description" | "broker_operation" | "accepted">> = {},
): string {
  const at = presentTime(nowMs);
  const kept: LastOperation = { type, state, description: null, created_at: at, updated_at: at, ...more };
  return JSON.stringify(kept);
}

/** The JSON of an operation that was done at once. */
export function succeeded(type: OperationType, nowMs: number): string {
  return operation(type, "succeeded", nowMs, { description: "Operation succeeded" });
}

export function failed(type: OperationType, nowMs: number, description: string): string {
  return operation(type, "failed", nowMs, { description });
}

interface HasOperation {
  readonly last_operation: string;
}

/** Null: nothing was ever noted, which counts as created. */
export function lastOperation({ last_operation: json }: HasOperation): LastOperation | null {
  const kept = JSON.parse(json) as Partial<LastOperation>;
  return kept.type === undefined ? null : (kept as LastOperation);
}

/** Type, state, description and times; `{}` when there was none. */
export function presentOperation(row: HasOperation): object {
  const kept = lastOperation(row);
  if (kept === null) return {};
  const { type, state, description, updated_at, created_at } = kept;
  return { type, state, description, updated_at, created_at };
}

/** Bindings from before there were operations count as created. CC: presenters/mixins/last_operation_helper.rb */
export function presentBindingOperation(binding: {
  readonly last_operation: string;
  readonly created_at: number;
  readonly updated_at: number;
}): object {
  if (lastOperation(binding) !== null) return presentOperation(binding);
  return {
    type: "create",
    state: "succeeded",
    description: "",
    created_at: presentTime(binding.created_at),
    updated_at: presentTime(binding.updated_at),
  };
}

export function isInProgress(row: HasOperation): boolean {
  const state = lastOperation(row)?.state;
  return state === "initial" || state === "in progress";
}

export function isOperation(row: HasOperation, type: OperationType, ...states: readonly OperationState[]): boolean {
  const kept = lastOperation(row);
  return kept?.type === type && states.includes(kept.state);
}

export function isCreated(row: HasOperation): boolean {
  return lastOperation(row) === null || isOperation(row, "create", "succeeded");
}

export function isCreateFailed(row: HasOperation): boolean {
  return isOperation(row, "create", "failed");
}

/** While it is being created, CC's `create_in_progress?`. */
export function isBeingCreated(row: HasOperation): boolean {
  return isOperation(row, "create", "initial", "in progress");
}
