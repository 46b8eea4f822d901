import type { ServiceBinding } from "./service-bindings.ts";
import { compareText } from "./text-order.ts";

/**
 * All but the newest `keep` of each service instance, by instance and then age, the oldest first.
 * cli: command/v7/cleanup_outdated_service_bindings_command.go
 */
export function outdatedBindings(bindings: readonly ServiceBinding[], keep: number): ServiceBinding[] {
  const byInstance = Map.groupBy(bindings, instanceOf);
  return [...byInstance.values()]
    .flatMap((ofOne) => ofOne.toSorted((left, right) => madeMs(right) - madeMs(left)).slice(keep))
    .sort((left, right) => compareText(instanceOf(left), instanceOf(right)) || madeMs(left) - madeMs(right));
}

export function instanceOf({ relationships }: ServiceBinding): string {
  return relationships.service_instance.data?.guid ?? "";
}

function madeMs({ created_at }: ServiceBinding): number {
  return Date.parse(created_at) || 0;
}
