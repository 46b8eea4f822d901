import { flushCompileCache } from "node:module";
import { join } from "node:path";
import { systemClock } from "../kit/clock-system.ts";
import { jsonLog } from "../kit/log.ts";
import { systemRandom, systemSecrets } from "../kit/random-system.ts";
import { spawnServer } from "../kit/spawn-server.ts";
import { systemSubprocess } from "../kit/subprocess.ts";
import type { IngotConfig } from "./config.ts";
import { RefusedError, startControl } from "./control.ts";
import { reportCrashes } from "./crash-report.ts";
import { AlreadyRunningError, takeInstanceLock } from "./instance-lock.ts";
import { removeLeftovers } from "./leftovers.ts";
import { openLogFile } from "./log-file.ts";
import { setUpMachine, thisMachine } from "./machine-setup.ts";
import { PASSWORD_NOT_SHOWN } from "./password-note.ts";
import { type Platform, startPlatform } from "./platform.ts";
import { openStateFolder } from "./state-folder.ts";
import { UsageError } from "./usage-error.ts";

export interface ForegroundOptions {
  /** False where what is said goes into a file. */
  readonly showPassword: boolean;
}

type WhenReady = (platform: Platform, stopping: AbortSignal) => Promise<void>;

/** After the end of everything, how long what hangs on may keep the process. */
const LINGER_MS = 3_000;
const LOG_BYTES_MAX = 10_000_000;

/**
 * Boots, says so, and stays until it is told to stop: SIGINT and `down` stop the apps, SIGTERM leaves their containers to the
 * next start. Gives the exit code. `whenReady` runs once everything
 * answers; what it does ends when `stopping` aborts.
 */
export async function runForeground(
  config: IngotConfig,
  whenReady: WhenReady,
  options: ForegroundOptions = { showPassword: true },
): Promise<number> {
  try {
    return await bootAndStay(config, whenReady, options);
  } finally {
    setTimeout(() => process.exit(), LINGER_MS).unref();
  }
}

async function bootAndStay(config: IngotConfig, whenReady: WhenReady, options: ForegroundOptions): Promise<number> {
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

  await setUpMachine(config, { subprocess: systemSubprocess(), say, ...thisMachine() }, abort.signal);
  if (abort.signal.aborted) return 0;

  using subprocess = spawnServer(state.root);
  using logFile = openLogFile(join(state.logs, "main.log"), LOG_BYTES_MAX);
  const log = jsonLog((line) => logFile.write(line), clock, config.logLevel);
  let platform: Platform | null = null;
  const startedAt = clock.nowMs();
  await using _control = await startControl(join(state.run, "control.sock"), {
    status: async () =>
      platform === null ? { state: "starting", pid: process.pid } : await platform.status(startedAt),
    stop,
    admin: async (name, body) => {
      if (platform === null) throw new RefusedError("Ingot is still starting");
      return await platform.operator.order(name, body);
    },
    metrics: async () => (platform === null ? "" : await platform.operator.metrics()),
    health: async () => (platform === null ? ["platform (starting)"] : await platform.operator.failing()),
  });
  try {
    platform = await startPlatform(config, state, {
      clock,
      random: systemRandom(),
      secrets: systemSecrets(),
      subprocess,
      log,
      say,
      signal: abort.signal,
    });
  } catch (error) {
    if (abort.signal.aborted) {
      if ((await stopped) === "stop-apps") await removeLeftovers(config, state);
      return 0;
    }
    if (error instanceof UsageError) throw error;
    log.error("start failed", { error });
    process.stderr.write(`ingot up: ${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
  say(`Ready in ${((clock.steadyMs() - startedMs) / 1000).toFixed(1)} s`);
  const [isolation, ...reasons] = [...platform.notes].reverse();
  say(`  isolation ${isolation}`);
  if (reasons.length > 0) say(`            (${reasons.reverse().join("; ")})`);
  say(`  API       ${platform.apiUrl}`);
  say("  user      admin");
  say(`  password  ${options.showPassword ? platform.adminPassword : PASSWORD_NOT_SHOWN}`);
  say("  next      ./ingot login && ./ingot cf push my-app");
  flushCompileCache();
  const { narrate } = platform;
  void whenReady(platform, abort.signal)
    .catch((error: unknown) => say(`push: ${error instanceof Error ? error.message : String(error)}`))
    // Not before: a push has a voice of its own.
    .then(() => narrate(abort.signal));

  const apps = await stopped;
  say(apps === "stop-apps" ? "stopping, apps too …" : "stopping, apps stay …");
  if (apps === "stop-apps") await platform.stopApps();
  await platform[Symbol.asyncDispose]();
  return 0;
}
