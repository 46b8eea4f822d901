import { createHash } from "node:crypto";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { GorouterConfig, WorkerConfig } from "./config.ts";
import { CONTROL_PROTOCOL } from "./control-protocol.ts";

const NAME = /^(gorouter-\d+-[0-9a-f]{8})\.sock$/;

/**
 * Name of a worker's files in `run/`. It holds a hash of everything the worker was told, so that a worker found there is
 * either exactly the wanted one or one to be replaced.
 */
export function workerName(index: number, config: GorouterConfig): string {
  const { stateRun: _, drainTimeoutMs: __, ...told } = config;
  const hash = createHash("sha256")
    .update(JSON.stringify([CONTROL_PROTOCOL, told]))
    .digest("hex");
  return `gorouter-${index}-${hash.slice(0, 8)}`;
}

/** Names of all workers that left a socket. */
export function workersLeft(stateRun: string): string[] {
  const names: string[] = [];
  for (const file of readdirSync(stateRun)) {
    const name = NAME.exec(file)?.[1];
    if (name !== undefined) names.push(name);
  }
  return names;
}

export function socketPath(stateRun: string, name: string): string {
  return `${stateRun}/${name}.sock`;
}

/** Writes what the worker reads at its start; gives the file. */
export function writeWorkerConfig(stateRun: string, name: string, config: WorkerConfig): string {
  const file = `${stateRun}/${name}.json`;
  writeFileSync(file, JSON.stringify(config), { mode: 0o600 });
  return file;
}

/** Remembers which process it is, so that one that hangs can be ended. */
export function noteProcess(stateRun: string, name: string, pid: number, startTicks: string): void {
  writeFileSync(`${stateRun}/${name}.pid`, `${pid} ${startTicks}`, { mode: 0o600 });
}

export function notedProcess(
  stateRun: string,
  name: string,
): { readonly pid: number; readonly startTicks: string } | null {
  try {
    const [pid, startTicks] = readFileSync(`${stateRun}/${name}.pid`, "utf8").split(" ");
    return pid === undefined || startTicks === undefined ? null : { pid: Number(pid), startTicks };
  } catch {
    return null;
  }
}

export function forgetWorker(stateRun: string, name: string): void {
  for (const end of ["sock", "json", "pid"]) rmSync(`${stateRun}/${name}.${end}`, { force: true });
}
