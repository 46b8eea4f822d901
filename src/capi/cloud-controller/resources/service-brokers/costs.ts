import { isObject, type Json } from "./catalog-errors.ts";

interface Cost {
  readonly currency: string;
  readonly amount: number;
  readonly unit: string;
}

/** `costs` of a plan's catalog metadata, one entry a currency; empty when they are not well formed. CC: presenters/v3/service_plan_presenter.rb */
export function costsOf(metadata: Json | null): readonly Cost[] {
  const costs = metadata?.["costs"];
  if (!Array.isArray(costs)) return [];
  const found: Cost[] = [];
  for (const cost of costs as unknown[]) {
    const { amount, unit } = isObject(cost) ? cost : {};
    if (!isObject(amount) || typeof unit !== "string") return [];
    for (const [currency, value] of Object.entries(amount)) {
      if (currency === "" || typeof value !== "number") return [];
      found.push({ currency: currency.toUpperCase(), amount: value, unit });
    }
  }
  return found;
}
