import type { Check, CheckDefinition } from "../../protocol/action.ts";
import type { HealthCheck, ReadinessHealthCheck } from "./model.ts";

/**
 * An HTTP check asks the first port only; a port check all of them. Zero means: the cell's default. Null when nothing is
 * checked. CC: app_recipe_builder.rb, generate_healthcheck_definition
 */
export function checkDefinition(
  health: HealthCheck,
  readiness: ReadinessHealthCheck,
  ports: readonly number[],
): CheckDefinition | null {
  const checks = checksOf(health, ports);
  const readinessChecks = checksOf(readiness, ports);
  return checks.length + readinessChecks.length === 0 ? null : { checks, readinessChecks, logSource: "HEALTH" };
}

function checksOf(check: HealthCheck | ReadinessHealthCheck, ports: readonly number[]): Check[] {
  const timeoutMs = (check.invocationTimeoutSeconds ?? 0) * 1000;
  const intervalMs = (check.intervalSeconds ?? 0) * 1000;
  if (check.type === "http") {
    const path = check.httpEndpoint ?? "/";
    return ports.slice(0, 1).map((port) => ({ kind: "http", port, path, requestTimeoutMs: timeoutMs, intervalMs }));
  }
  if (check.type !== "port") return [];
  return ports.map((port) => ({ kind: "tcp", port, connectTimeoutMs: timeoutMs, intervalMs }));
}
