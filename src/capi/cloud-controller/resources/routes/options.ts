import { unprocessable } from "../../errors.ts";
import type { RouteOptions } from "./body.ts";

/** Options as they are kept: without nulls, a hash's parts only with loadbalancing `hash`, the balance as text with one decimal. */
export function storedOptions(options: RouteOptions): Record<string, string> {
  const kept: Record<string, string> = {};
  if (options.loadbalancing) kept["loadbalancing"] = options.loadbalancing;
  if (options.loadbalancing !== "hash") return kept;
  if (!options.hash_header) throw unprocessable("Hash header must be present when loadbalancing is set to hash.");
  kept["hash_header"] = options.hash_header;
  const balance = options.hash_balance;
  if (balance !== undefined && balance !== null && balance !== "") {
    kept["hash_balance"] = (Math.round(Number(balance) * 10) / 10).toFixed(1);
  }
  return kept;
}
