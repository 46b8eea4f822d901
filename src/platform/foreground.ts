import { createWriteStream } from "node:fs";
import { flushCompileCache } from "node:module";
import { join } from "node:path";
import { systemClock } from "../kit/clock-system.ts";
import { jsonLog } from "../kit/log.ts";
import { systemRandom, systemSecrets } from "../kit/random-system.ts";
import { systemSubprocess } from "../kit/subprocess.ts";
import type { IngotConfig } from "./config.ts";
import { startControl } from "./control.ts";
import { reportCrashes } from "./crash-report.ts";
import { AlreadyRunningError, takeInstanceLock } from "./instance-lock.ts";
import { type Platform, startPlatform } from "./platform.ts";
import { openStateFolder } from "./state-folder.ts";
import { installPackages, missingPackages } from "./system-packages.ts";

/**
 * Boots, says so, and stays until it is told to stop: SIGINT and `down` stop the apps, SIGTERM leaves their containers to the
 * next start. Gives the exit code. `whenReady` runs once everything answers.
 */
export async function runForeground(
  config: IngotConfig,
  whenReady: (platform: Platform) => Promise<void>,
): Promise<number> {
  const clock = systemClock();
  const startedMs = clock.steadyMs();
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  process.stdout.on("error", () => undefined); // a detached parent has closed its end
  const state = openStateFolder(config.state);
  let lock: Disposable;
  try {
    lock = takeInstanceLock(state.root);
  } catch (error) {
    if (!(error instanceof AlreadyRunningError)) throw error;
    process.stderr.write(`ingot up: ${error.message}\n`);
    return 1;
  }
  using _lock = lock;
  reportCrashes(state.reports, clock.nowMs);

  let stop: (apps: "stop-apps" | "keep-apps") => void = () => undefined;
  const stopped = new Promise<"stop-apps" | "keep-apps">((resolve) => {
    stop = resolve;
  });
  const abort = new AbortController();
  void stopped.then(() => abort.abort(new Error("stopped")));
  process.on("SIGINT", () => stop("stop-apps"));
  process.on("SIGTERM", () => stop("keep-apps"));
  process.on("SIGHUP", () => stop("keep-apps"));

  const root = process.getuid?.() === 0;
  const missing = root && (config.isolation === "auto" || config.isolation === "container") ? missingPackages() : [];
  if (missing.length > 0 && !config.install) {
    say(`missing packages: ${missing.join(" ")}   (apt-get install them, or leave out --no-install)`);
  } else if (missing.length > 0) {
    say(`installing ${missing.join(" ")} (apt) …`);
    const failed = await installPackages(missing, systemSubprocess(), abort.signal).then(
      () => null,
      (error: unknown) => error as Error,
    );
    if (failed !== null) say(`not installed: ${failed.message.split("\n")[0]}`);
  }

  const logFile = createWriteStream(join(state.logs, "main.log"), { flags: "a", mode: 0o600 });
  const log = jsonLog((line) => void logFile.write(line), clock, config.logLevel);
  let platform: Platform | null = null;
  const startedAt = clock.nowMs();
  await using _control = await startControl(join(state.run, "control.sock"), {
    status: async () =>
      platform === null ? { state: "starting", pid: process.pid } : await platform.status(startedAt),
    stop,
  });
  try {
    platform = await startPlatform(config, state, {
      clock,
      random: systemRandom(),
      secrets: systemSecrets(),
      subprocess: systemSubprocess(),
      log,
      say,
      signal: abort.signal,
    });
  } catch (error) {
    if (abort.signal.aborted) return 0;
    log.error("start failed", { error });
    process.stderr.write(`ingot up: ${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
  say(`Ready in ${((clock.steadyMs() - startedMs) / 1000).toFixed(1)} s`);
  for (const note of platform.notes) say(`  note      ${note}`);
  say(`  API       ${platform.apiUrl}`);
  say("  user      admin");
  say(`  password  ${platform.adminPassword}`);
  say("  next      ./ingot login && ./ingot cf push my-app");
  flushCompileCache();
  void whenReady(platform).catch((error: unknown) =>
    say(`push: ${error instanceof Error ? error.message : String(error)}`),
  );

  const apps = await stopped;
  say(apps === "stop-apps" ? "stopping, apps too …" : "stopping, apps stay …");
  if (apps === "stop-apps") await platform.stopApps();
  await platform[Symbol.asyncDispose]();
  await new Promise<void>((resolve) => logFile.end(resolve));
  return 0;
}
