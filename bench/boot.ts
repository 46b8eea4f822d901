import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { bootIngot, runCommand } from "../test/system/boot-ingot.ts";
import { median, printFigure, timed } from "./_measure.ts";

export const name = "boot";
export const about = "first start on a fresh clone, later starts, idle memory and event-loop delay";

const STARTS = 5;
const IDLE_MS = 20_000;
const ROOT = join(import.meta.dirname, "..");

/** Prints the figures of design §6 that concern starting and idling. */
export async function run(): Promise<void> {
  const clone = mkdtempSync(join(tmpdir(), "ingot-clone-"));
  try {
    const files = (await runCommand("git", ["ls-files"], process.env, ROOT)).stdout.trim().split("\n");
    for (const file of files) cpSync(join(ROOT, file), join(clone, file));
    const home = mkdtempSync(join(tmpdir(), "ingot-home-"));
    const environment = { ...process.env, HOME: home };
    const ports = ["--http-port", "18080", "--https-port", "18443", "--ssh-port", "12222"];
    const first = await timed(() => runCommand(join(clone, "ingot"), ["up", "--detach", ...ports], environment, clone));
    if (first.result.code !== 0) throw new Error(first.result.output);
    await runCommand(join(clone, "ingot"), ["down"], environment, clone);
    printFigure("first start on a fresh clone, packages included", `${(first.ms / 1000).toFixed(1)} s`, "60 s");
    rmSync(home, { recursive: true, force: true });
  } finally {
    rmSync(clone, { recursive: true, force: true });
  }

  await using ingot = await bootIngot();
  const starts: number[] = [];
  for (let round = 0; round < STARTS; round++) {
    await ingot.ingot("down", "--state", ingot.state);
    starts.push((await timed(() => ingot.up())).ms);
  }
  printFigure(`later start until ready, median of ${STARTS}`, `${(median(starts) / 1000).toFixed(2)} s`, "2 s");

  await sleep(IDLE_MS);
  const status = await ingot.status();
  const totalMb = status.processes.reduce((sum, one) => sum + one.pssKb, 0) / 1024;
  printFigure("idle memory, all processes, no app (PSS)", `${totalMb.toFixed(0)} MB`, "200 MB");
  for (const one of status.processes) {
    printFigure(`  ${one.role}`, `${(one.pssKb / 1024).toFixed(0)} MB`);
    if (one.eventLoopP999Ms !== null)
      printFigure(`  ${one.role}, event loop p99.9`, `${one.eventLoopP999Ms.toFixed(1)} ms`, "20 ms");
  }
}
