import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { readCommandLine } from "../platform/config.ts";
import { AlreadyRunningError, lockHolder } from "../platform/instance-lock.ts";
import { PASSWORD_NOT_SHOWN } from "../platform/password-note.ts";
import { openStateFolder } from "../platform/state-folder.ts";
import { askStatus, type PlatformStatus } from "../platform/status.ts";
import { pushApp } from "./push-app.ts";

/** Tells the process that stays that what it says goes into a file, where no password belongs. */
const DETACHED = "INGOT_UP_DETACHED";
/** First start: packages, stack layer and keys included. */
const DETACHED_READY_MS = 180_000;

/** `./ingot up [--detach] [--push DIR]`: boots everything; stays until a signal, or returns when ready with `--detach`. */
export async function up(argv: readonly string[]): Promise<number> {
  const { config, flags } = readCommandLine(argv, process.env, { push: "string", detach: "boolean" });
  // Nothing that is started from here inherits the database's password.
  delete process.env["INGOT_DATABASE"];
  const push = typeof flags["push"] === "string" ? resolve(flags["push"]) : null;
  if (flags["detach"] !== true) {
    const { runForeground } = await import("../platform/foreground.ts");
    const showPassword = process.env[DETACHED] === undefined;
    const whenReady: Parameters<typeof runForeground>[1] = async (platform, signal) => {
      if (push !== null)
        await pushApp(push, { ...platform, httpPort: platform.ports.http, state: config.state }, signal);
    };
    return await runForeground(config, whenReady, { showPassword });
  }

  const state = openStateFolder(config.state);
  const holder = lockHolder(state.root);
  if (holder !== null) {
    process.stderr.write(`ingot up: ${new AlreadyRunningError(holder, state.root).message}\n`);
    return 1;
  }
  const words = argv.filter(
    (word, index) =>
      word !== "--detach" &&
      !/^--(push|database)(=|$)/.test(word) &&
      !/^--(push|database)$/.test(argv[index - 1] ?? ""),
  );
  // Not on the command line, which everybody on this machine can read.
  const environment = config.database === null ? {} : { INGOT_DATABASE: config.database.reveal() };
  // What the platform says until it is ready goes to a file, which outlives this terminal, and from there to it.
  const said = join(state.logs, "up.log");
  const output = openSync(said, "w", 0o600);
  const launcher = join(import.meta.dirname, "..", "..", "ingot");
  const child = spawn(launcher, ["up", ...words], {
    detached: true,
    stdio: ["ignore", output, output],
    env: { ...process.env, ...environment, [DETACHED]: "1" },
  });
  closeSync(output);
  let ended: number | null = null;
  child.on("exit", (code) => {
    ended = code ?? 1;
  });
  const ready = await waitUntilReady(state.root, () => ended);
  child.unref();
  process.stdout.on("error", () => undefined); // `| head` may have seen enough
  const text = readFileSync(said, "utf8");
  process.stdout.write(ready === null ? text : text.replace(PASSWORD_NOT_SHOWN, () => adminPassword(state.root)));
  if (ready === null) {
    process.stderr.write(`ingot up: not ready; see ${said}\n`);
    return typeof ended === "number" ? ended : 1;
  }
  if (push === null) return 0;
  const { apiUrl, ports } = ready;
  return await pushApp(push, {
    apiUrl,
    httpPort: ports.http,
    adminPassword: adminPassword(state.root),
    state: config.state,
  });
}

async function waitUntilReady(state: string, ended: () => number | null): Promise<PlatformStatus | null> {
  const endMs = performance.now() + DETACHED_READY_MS;
  while (performance.now() < endMs && ended() === null) {
    const status = await askStatus(state);
    if (status?.state === "ready") return status;
    await sleep(50);
  }
  return null;
}

function adminPassword(state: string): string {
  return (JSON.parse(readFileSync(join(state, "secrets.json"), "utf8")) as { adminPassword: string }).adminPassword;
}
