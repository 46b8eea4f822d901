/** The health check as a program: once, or in one of the modes that a declarative check uses. See ../README.md. */
import { writeSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { FlagError, goDurationMs } from "./builder-config.ts";
import { checkHealth, type Unhealthy } from "./healthcheck.ts";

const flags: Record<string, string> = {
  network: "tcp",
  uri: "",
  port: "8080",
  timeout: "1s",
  "startup-interval": "0s",
  "startup-timeout": "60s",
  "liveness-interval": "0s",
  "readiness-interval": "0s",
  "until-ready-interval": "0s",
};

function fail(before: string, failure: Unhealthy): number {
  writeSync(2, `${before}${failure.message}\n`);
  return failure.code;
}

async function main(args: readonly string[]): Promise<number> {
  for (let at = 0; at < args.length; at++) {
    const match = /^--?([a-z-]+)(?:=(.*))?$/s.exec(args[at]!);
    if (match === null || !(match[1]! in flags)) throw new FlagError(`flag provided but not defined: ${args[at]}`);
    if (match[2] === undefined) at += 1;
    flags[match[1]!] = match[2] ?? args[at] ?? "";
  }
  const ms = (name: string): number => goDurationMs(name, flags[name]!);
  const check = { port: flags["port"]!, uri: flags["uri"]!, timeoutMs: ms("timeout") };
  const look = (): Promise<Unhealthy | null> => checkHealth(check, networkInterfaces());

  if (ms("startup-interval") > 0) {
    const endMs = ms("startup-timeout") > 0 ? performance.now() + ms("startup-timeout") : Number.POSITIVE_INFINITY;
    for (let attempt = 1; ; attempt++) {
      const failure = await look();
      if (failure === null) return 0;
      if (performance.now() + ms("startup-interval") >= endMs) {
        await sleep(Math.max(0, endMs - performance.now()));
        const tried = `Timed out after ${flags["startup-timeout"]} (${attempt} attempts)`;
        return fail(`${tried} waiting for startup check to succeed: `, failure);
      }
      await sleep(ms("startup-interval"));
    }
  }
  for (const [name, text] of [
    ["liveness-interval", "Liveness check unsuccessful: "],
    ["readiness-interval", "Readiness check unsuccessful: "],
  ] as const) {
    if (ms(name) === 0) continue;
    for (;;) {
      const failure = await look();
      if (failure !== null) return fail(text, failure);
      await sleep(ms(name));
    }
  }
  if (ms("until-ready-interval") > 0) {
    while ((await look()) !== null) await sleep(ms("until-ready-interval"));
    return 0;
  }
  const failure = await look();
  return failure === null ? 0 : fail("", failure);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  writeSync(2, `${(error as Error).message}\n`);
  process.exitCode = error instanceof FlagError ? 2 : 127;
}
