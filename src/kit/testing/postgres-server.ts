import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, chownSync, constants, readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";

const START_LIMIT_MS = 30_000;
const DEBIAN_FOLDER = "/usr/lib/postgresql";
/** Who the server runs as when root starts it: it refuses to be root. */
const UNPRIVILEGED = ["postgres", "nobody"];
const SUPERUSER = "ingot";
/** Schemas are made and dropped by the hundred: nothing of it need survive the machine. */
const FAST = ["fsync=off", "synchronous_commit=off", "full_page_writes=off"];
const SETTINGS = [
  "listen_addresses=",
  "max_connections=300",
  "shared_buffers=64MB",
  "log_min_messages=panic",
  "max_locks_per_transaction=256",
];

/** A PostgreSQL of its own in a temporary folder, reachable by a socket in it and by nothing else. */
export interface PostgresServer extends AsyncDisposable {
  readonly url: string;
  /** Begins to answer again, on the same rows. */
  start(): Promise<void>;
  /** In order, but whoever is connected is cut off. */
  stop(): Promise<void>;
  /** kill -9 of all its processes. */
  kill(): Promise<void>;
  /** Takes everything and answers nothing, until `thaw`. */
  freeze(): void;
  thaw(): void;
}

/** Where Debian's newest PostgreSQL has its programs; null: there is none. */
export function postgresPrograms(): string | null {
  const versions = ((): string[] => {
    try {
      return readdirSync(DEBIAN_FOLDER);
    } catch {
      return [];
    }
  })();
  for (const version of versions.sort((a, b) => Number(b) - Number(a))) {
    const folder = join(DEBIAN_FOLDER, version, "bin");
    try {
      for (const program of ["initdb", "postgres"]) accessSync(join(folder, program), constants.X_OK);
      return folder;
    } catch {
      // Only the programs of clients.
    }
  }
  return null;
}

/** `durable`: what it has answered survives `kill`; otherwise it is fast. */
export async function startPostgresServer(durable = false): Promise<PostgresServer> {
  const programs = postgresPrograms();
  if (programs === null) throw new Error("there is no PostgreSQL on this machine");
  const folder = await mkdtemp(join(tmpdir(), "ingot-postgres-"));
  const data = join(folder, "data");
  const account = accountFor(process.getuid?.() ?? 0);
  if (account !== null) chownSync(folder, account.uid, account.gid);
  const url = `postgres://${SUPERUSER}@${encodeURIComponent(folder)}/postgres`;
  let server: ChildProcess | null = null;

  /** Ends with this process, however that ends. */
  const launch = (program: string, args: readonly string[], signal: "KILL" | "INT"): ChildProcess => {
    const who = account === null ? [] : [`--reuid=${account.uid}`, `--regid=${account.gid}`, "--clear-groups"];
    return spawn("setpriv", [...who, "--pdeathsig", signal, join(programs, program), ...args], {
      cwd: folder,
      stdio: ["ignore", "ignore", "pipe"],
      detached: true,
      env: { PATH: process.env["PATH"], LC_ALL: "C.UTF-8" },
    });
  };
  const start = async (): Promise<void> => {
    const settings = [...SETTINGS, `unix_socket_directories=${folder}`, ...(durable ? [] : FAST)];
    const child = launch("postgres", ["-D", data, ...settings.flatMap((setting) => ["-c", setting])], "INT");
    const said = wordsOf(child);
    server = child;
    const until = performance.now() + START_LIMIT_MS;
    while (!(await answers(url))) {
      if (child.exitCode !== null || performance.now() > until) throw new Error(`PostgreSQL does not start: ${said()}`);
      await sleep(20);
    }
  };
  const end = async (how: (child: ChildProcess) => void): Promise<void> => {
    const child = server;
    server = null;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    how(child);
    await exited;
  };
  const stop = (): Promise<void> => end((child) => child.kill("SIGINT")); // its "fast shutdown"
  const initdb = launch(
    "initdb",
    ["-D", data, "-U", SUPERUSER, "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"],
    "KILL",
  );
  const said = wordsOf(initdb);
  const [code] = (await once(initdb, "exit")) as [number | null];
  try {
    if (code !== 0) throw new Error(`initdb: ${said()}`);
    await start();
  } catch (error) {
    await end((child) => signalAll(child, "SIGKILL"));
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
  return {
    url,
    start,
    stop,
    kill: () => end((child) => signalAll(child, "SIGKILL")),
    freeze: () => signalAll(server, "SIGSTOP"),
    thaw: () => signalAll(server, "SIGCONT"),
    [Symbol.asyncDispose]: async () => {
      signalAll(server, "SIGCONT");
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Null: this process is somebody already who may run it. */
function accountFor(uid: number): { readonly uid: number; readonly gid: number } | null {
  if (uid !== 0) return null;
  const lines = readFileSync("/etc/passwd", "utf8").split("\n");
  for (const name of UNPRIVILEGED) {
    const [, , uid, gid] = lines.find((line) => line.startsWith(`${name}:`))?.split(":") ?? [];
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new Error(`none of ${UNPRIVILEGED.join(", ")} is an account here`);
}

/** The server first, so that it starts no others; each connection is a child of it, in a session of its own. */
function signalAll(server: ChildProcess | null, signal: NodeJS.Signals): void {
  const pid = server?.pid;
  if (pid === undefined || server?.exitCode !== null) return;
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
  for (const one of [pid, ...children]) {
    try {
      process.kill(one, signal);
    } catch {
      // It has ended by itself.
    }
  }
}

function wordsOf(child: ChildProcess): () => string {
  let words = "";
  child.on("error", (error) => {
    words += error.message;
  });
  child.stderr?.on("data", (chunk: Buffer) => {
    words = (words + chunk.toString()).slice(-2_000);
  });
  return () => words.trim();
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on("error", () => undefined);
  try {
    await client.connect();
    await client.query("SELECT 1");
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}
