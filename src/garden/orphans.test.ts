import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { isAlive, processIdentity } from "../kit/process-identity.ts";
import { killOrphanedCommands } from "./orphans.ts";
import { eventually } from "./test-bed.ts";

test("a disk that is just being made ends with the run that wanted it, the parent of a process lives on", async () => {
  const folder = await mkdtemp(join(tmpdir(), "ingot-orphans-"));
  const begin = async (script: string) => {
    const path = join(folder, script);
    await writeFile(path, "sleep 60;");
    // The shell ends at once: what it leaves running belongs to nobody.
    const pid = Number(
      execFileSync("sh", ["-c", 'perl "$1" "$2" </dev/null >/dev/null 2>&1 & echo $!', "sh", path, `${folder}/one`]),
    );
    const identity = processIdentity(pid)!;
    await eventually(() => execFileSync("cat", [`/proc/${pid}/comm`]).toString() === "perl\n", "perl");
    return identity;
  };
  const disk = await begin("scratch-disk.pl");
  const parent = await begin("process-parent.pl");
  try {
    assert.equal(killOrphanedCommands([folder]), 1);
    await eventually(() => !isAlive(disk), "the end of the disk's script");
    assert.equal(isAlive(parent), true);
  } finally {
    for (const { pid } of [disk, parent].filter(isAlive)) process.kill(pid, "SIGKILL");
    await rm(folder, { recursive: true });
  }
});
