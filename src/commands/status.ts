import { readCommandLine } from "../platform/config.ts";
import { askStatus, type PlatformStatus } from "../platform/status.ts";

/** `./ingot status [--json]`: exit code 0 when Ingot runs and is ready, 3 when it does not run. */
export async function status(argv: readonly string[]): Promise<number> {
  const { config, flags } = readCommandLine(argv, process.env, { json: "boolean" });
  const answer = await askStatus(config.state);
  if (flags["json"] === true) process.stdout.write(`${JSON.stringify(answer ?? { state: "stopped" }, null, 2)}\n`);
  else process.stdout.write(answer === null ? `Ingot does not run on ${config.state}\n` : statusText(answer));
  if (answer === null) return 3;
  return answer.state === "ready" ? 0 : 1;
}

function statusText(status: PlatformStatus): string {
  if (status.state !== "ready") return `state       ${status.state} (pid ${status.pid})\n`;
  const rows: [string, string][] = [
    ["state", `${status.state}, up ${Math.round(status.uptimeSeconds)} s (pid ${status.pid})`],
    ["API", status.apiUrl],
    ["isolation", [...status.notes].reverse().join("; ")],
    [
      "cells",
      status.cells.map((cell) => `${cell.cellId}: ${cell.memoryMb} MB, ${cell.containers} containers`).join("; ") ||
        "none",
    ],
    ["instances", `${status.instances.running} running of ${status.instances.desired} desired`],
  ];
  for (const one of status.processes) {
    const loop = one.eventLoopP999Ms === null ? "" : `, event loop p99.9 ${one.eventLoopP999Ms.toFixed(1)} ms`;
    rows.push([one.role, `pid ${one.pid}, ${(one.pssKb / 1024).toFixed(0)} MB${loop}`]);
  }
  return rows.map(([name, text]) => `${name.padEnd(12)}${text}\n`).join("");
}
