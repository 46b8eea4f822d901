import { request } from "node:http";
import type { Clock } from "../kit/clock.ts";
import type { IngotConfig } from "./config.ts";
import type { Ports } from "./ports.ts";

const EVERY_MS = 15;
const LIMIT_MS = 60_000;
const ATTEMPT_MS = 5_000;

/** Something did not answer in time. */
export class NotReadyError extends Error {}

/** Ready means ready: API and UAA have answered through the router, and one cell takes work. Throws `NotReadyError` after a minute. */
export async function waitUntilReady(
  what: {
    readonly config: IngotConfig;
    readonly ports: Ports;
    readonly cells: () => Promise<number>;
    readonly clock: Clock;
  },
  signal: AbortSignal,
): Promise<void> {
  const { config, ports, clock } = what;
  const endMs = clock.steadyMs() + LIMIT_MS;
  const checks: readonly { readonly name: string; readonly ask: () => Promise<boolean> }[] = [
    { name: "API", ask: () => answers(config.bind[0]!, ports.http, `api.${config.domain}`, "/v3/info") },
    { name: "UAA", ask: () => answers(config.bind[0]!, ports.http, `uaa.${config.domain}`, "/healthz") },
    { name: "cell", ask: async () => (await what.cells()) > 0 },
  ];
  await Promise.all(
    checks.map(async ({ name, ask }) => {
      while (!(await ask())) {
        if (clock.steadyMs() > endMs) throw new NotReadyError(`${name} did not answer within ${LIMIT_MS / 1000} s`);
        await clock.sleep(EVERY_MS, signal);
      }
    }),
  );
}

function answers(address: string, port: number, host: string, path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const outgoing = request(
      { host: address, port, path, headers: { host }, timeout: ATTEMPT_MS, agent: false },
      (incoming) => {
        incoming.resume();
        resolve(incoming.statusCode === 200);
      },
    );
    outgoing.on("timeout", () => outgoing.destroy());
    outgoing.on("error", () => resolve(false));
    outgoing.end();
  });
}
