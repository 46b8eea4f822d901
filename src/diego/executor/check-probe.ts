import type { GardenClient } from "../../garden/client.ts";
import type { Clock } from "../../kit/clock.ts";
import type { HttpClient } from "../../kit/http-client.ts";
import type { Check } from "../../protocol/action.ts";

export interface ProbeDeps {
  readonly garden: GardenClient;
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly handle: string;
  readonly internalIp: string;
  /** When the check names no time limit. */
  readonly checkTimeoutMs: number;
}

/**
 * Looks once whether the app answers. Null: yes; else the text that the user reads. HTTP: only status 200 is healthy.
 * Texts and headers: cloudfoundry/healthcheck, healthcheck.go
 */
export async function probe(check: Check, deps: ProbeDeps, signal: AbortSignal): Promise<string | null> {
  return check.kind === "tcp" ? probeTcp(check, deps) : probeHttp(check, deps, signal);
}

async function probeTcp(check: Check & { kind: "tcp" }, deps: ProbeDeps): Promise<string | null> {
  const timeoutMs = check.connectTimeoutMs > 0 ? check.connectTimeoutMs : deps.checkTimeoutMs;
  const startMs = deps.clock.steadyMs();
  if (await deps.garden.dial(deps.handle, check.port, timeoutMs)) return null;
  const address = `${deps.internalIp}:${check.port}`;
  const why =
    deps.clock.steadyMs() - startMs >= timeoutMs
      ? `timed out after ${seconds(timeoutMs)} seconds`
      : `dial tcp ${address}: connect: connection refused`;
  return `failed to make TCP connection to ${address}: ${why}`;
}

async function probeHttp(
  check: Check & { kind: "http" },
  deps: ProbeDeps,
  signal: AbortSignal,
): Promise<string | null> {
  const timeoutMs = check.requestTimeoutMs > 0 ? check.requestTimeoutMs : deps.checkTimeoutMs;
  const path = check.path === "" ? "/" : check.path;
  const failed = `failed to make HTTP request to '${path}' on port ${check.port}`;
  const limit = deps.clock.deadline(timeoutMs, signal);
  const startMs = deps.clock.steadyMs();
  try {
    const answer = await deps.http.request({
      method: "GET",
      url: `http://${deps.internalIp}:${check.port}${path.startsWith("/") ? "" : "/"}${path}`,
      headers: { "user-agent": "diego-healthcheck", "x-forwarded-proto": "https", connection: "close" },
      signal: limit,
    });
    // Some servers log errors when nobody reads the body.
    for await (const _ of answer.body);
    if (answer.status === 200) return null;
    return `${failed}: received status code ${answer.status} in ${Math.floor(deps.clock.steadyMs() - startMs)}ms`;
  } catch {
    if (limit.aborted) return `${failed}: timed out after ${seconds(timeoutMs)} seconds`;
    return `${failed}: connection refused`;
  }
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(2);
}
