import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { askControl } from "../../src/platform/control.ts";
import type { PlatformStatus } from "../../src/platform/status.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const READY_WITHIN_MS = 60_000;

export interface CommandOutcome {
  readonly code: number;
  /** stdout and stderr as they came. */
  readonly output: string;
  readonly stdout: string;
}

export interface RouteAnswer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: string;
}

/** A booted platform of its own: temporary state folder, free ports. */
export interface BootedIngot extends AsyncDisposable {
  readonly state: string;
  readonly httpPort: number;
  readonly httpsPort: number;
  readonly apiUrl: string;
  readonly adminPassword: string;
  readonly logPath: string;
  pid(): number;
  /** Runs our cf command line with a CF_HOME of its own. */
  cf(...argv: string[]): Promise<CommandOutcome>;
  /** Runs it and throws with the output unless it exits with 0. */
  cfOk(...argv: string[]): Promise<string>;
  /** `cf api`, `auth` as admin, an org and a space made and targeted. */
  login(org?: string, space?: string): Promise<void>;
  /** One request through the router's HTTP port. */
  get(host: string, path?: string, headers?: Record<string, string>): Promise<RouteAnswer>;
  /** One request to the API through the router, with an `Authorization` header. */
  api(
    method: string,
    path: string,
    authorization: string,
    body: string | Uint8Array | null,
    contentType: string,
  ): Promise<RouteAnswer>;
  status(): Promise<PlatformStatus>;
  /** kill -9 of the main process; containers and router workers stay. */
  kill(): Promise<void>;
  /** Starts again after `kill` or `down` on the same state and ports. */
  up(): Promise<void>;
  ingot(...argv: string[]): Promise<CommandOutcome>;
}

/** Boots and waits until ready. Disposal stops everything and removes the state folder. */
export async function bootIngot(
  options: { readonly flags?: readonly string[]; readonly state?: string } = {},
): Promise<BootedIngot> {
  const state = options.state ?? mkdtempSync(join(tmpdir(), "ingot-test-"));
  const [httpPort, httpsPort, sshPort] = [await freePort(), await freePort(), await freePort()];
  const portFlags = ["--http-port", `${httpPort}`, "--https-port", `${httpsPort}`, "--ssh-port", `${sshPort}`];
  const control = join(state, "run", "control.sock");
  const cfHome = mkdtempSync(join(tmpdir(), "ingot-cf-home-"));
  const environment = { ...process.env, CF_HOME: cfHome, CF_COLOR: "false" };
  const apiUrl = `https://api.cf.localhost:${httpsPort}`;
  let main: ChildProcess | null = null;

  const ingot = (...argv: string[]): Promise<CommandOutcome> => runCommand(join(ROOT, "ingot"), argv, environment);
  const up = async (): Promise<void> => {
    const child = spawn(join(ROOT, "ingot"), ["up", "--state", state, ...portFlags, ...(options.flags ?? [])], {
      env: environment,
      stdio: ["ignore", "pipe", "pipe"],
    });
    main = child;
    let output = "";
    const take = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-20_000);
    };
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    await eventually(
      async () => {
        if (child.exitCode !== null) throw new Fatal(`ingot up ended with ${child.exitCode}:\n${output}`);
        const status = (await askControl(control, "GET", "/status", 2000)) as PlatformStatus | null;
        if (status?.state !== "ready") throw new Error(`not ready; printed so far:\n${output}`);
      },
      READY_WITHIN_MS,
      50,
    );
  };
  const booted: BootedIngot = {
    state,
    httpPort,
    httpsPort,
    apiUrl,
    get adminPassword() {
      return (JSON.parse(readFileSync(join(state, "secrets.json"), "utf8")) as { adminPassword: string }).adminPassword;
    },
    logPath: join(state, "logs", "main.log"),
    pid: () => (JSON.parse(readFileSync(join(state, "ingot.lock"), "utf8")) as { pid: number }).pid,
    ingot,
    cf: (...argv) => ingot("cf", ...argv),
    cfOk: async (...argv) => {
      const { code, output } = await ingot("cf", ...argv);
      if (code !== 0) throw new Error(`cf ${argv.join(" ")} exited with ${code}:\n${output}`);
      return output;
    },
    login: async (org = "test-org", space = "test-space") => {
      await booted.cfOk("api", apiUrl, "--skip-ssl-validation");
      await booted.cfOk("auth", "admin", booted.adminPassword);
      await booted.cfOk("create-org", org);
      await booted.cfOk("target", "-o", org);
      await booted.cfOk("create-space", space);
      await booted.cfOk("target", "-o", org, "-s", space);
    },
    get: (host, path = "/", headers = {}) =>
      throughRouter({ port: httpPort, host, path, headers, method: "GET", body: null }),
    api: (method, path, authorization, body, contentType) =>
      throughRouter({
        port: httpPort,
        host: "api.cf.localhost",
        path,
        headers: {
          authorization,
          ...(body === null ? {} : { "content-type": contentType, "content-length": String(Buffer.byteLength(body)) }),
        },
        method,
        body,
      }),
    status: async () => (await askControl(control, "GET", "/status", 5000)) as PlatformStatus,
    kill: async () => {
      // The launcher stands before the main process and ends with it.
      process.kill(booted.pid(), "SIGKILL");
      await ended(main!);
    },
    up,
    [Symbol.asyncDispose]: async () => {
      const { code, output } = await ingot("down", "--state", state);
      if (main !== null) await ended(main);
      rmSync(cfHome, { recursive: true, force: true });
      if (code !== 0) throw new Error(`ingot down exited with ${code}:\n${output}`);
      if (options.state === undefined) rmSync(state, { recursive: true, force: true });
    },
  };
  try {
    await up();
  } catch (error) {
    await Promise.resolve(booted[Symbol.asyncDispose]()).catch(() => undefined);
    throw error;
  }
  return booted;
}

/** The condition will not come true any more: stop waiting. */
class Fatal extends Error {}

/** Tries until `attempt` does not throw; throws its last error after `withinMs`. */
export async function eventually<T>(attempt: () => Promise<T> | T, withinMs = 20_000, everyMs = 100): Promise<T> {
  const endMs = performance.now() + withinMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (error instanceof Fatal || performance.now() > endMs) throw error;
    }
    await sleep(everyMs);
  }
}

/** A TCP port of loopback that nobody listens on now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

/** Runs a program to its end, at most ten minutes. */
export function runCommand(
  file: string,
  argv: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
  cwd: string = ROOT,
): Promise<CommandOutcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, argv, { env, cwd, stdio: ["ignore", "pipe", "pipe"], timeout: 600_000 });
    let output = "";
    let stdout = "";
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      stdout += chunk.toString();
    });
    child.stderr.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
    child.on("error", reject);
    child.on("close", (code) => resolve({ code: code ?? 1, output, stdout }));
  });
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => child.once("exit", () => resolve()));
}

interface RouterRequest {
  readonly port: number;
  readonly host: string;
  readonly path: string;
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body: string | Uint8Array | null;
}

function throughRouter({ port, host, path, method, headers, body: sent }: RouterRequest): Promise<RouteAnswer> {
  return new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port, path, method, headers: { host, ...headers }, timeout: 60_000 };
    const outgoing = httpRequest(options, (incoming) => {
      let body = "";
      incoming.setEncoding("utf8");
      incoming.on("data", (chunk: string) => {
        body += chunk;
      });
      incoming.on("end", () => resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body }));
      incoming.on("error", reject);
    });
    outgoing.on("timeout", () => outgoing.destroy(new Error("no answer within 60 s")));
    outgoing.on("error", reject);
    outgoing.end(sent ?? undefined);
  });
}
