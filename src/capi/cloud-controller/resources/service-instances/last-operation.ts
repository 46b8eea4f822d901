import { presentTime } from "../../api/timestamps.ts";

export interface LastOperation {
  readonly type: "create" | "update" | "delete";
  readonly state: "initial" | "in progress" | "succeeded" | "failed";
  readonly description: string;
  readonly created_at: string;
  readonly updated_at: string;
}

/** The JSON of an operation that was done at once. */
export function succeeded(type: LastOperation["type"], nowMs: number): string {
  const at = presentTime(nowMs);
  const operation: LastOperation = {
    type,
    state: "succeeded",
    description: "Operation succeeded",
    created_at: at,
    updated_at: at,
  };
  return JSON.stringify(operation);
}
