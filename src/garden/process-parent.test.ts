import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createReadStream, existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";

const SCRIPT = join(import.meta.dirname, "process-parent.pl");
const BACKLOG_BYTES = 64 << 20;
const LINES = 600_000;

test("signals that arrive while output is moved lose nothing of it", async () => {
  const folder = await mkdtemp("/tmp/ingot-parent-");
  // Whatever ends below the process signals its parent; here it comes from outside, all the time.
  const command = ["sh", "-c", `seq 1 ${LINES}`];
  const args = [SCRIPT, folder, String(BACKLOG_BYTES), process.arch, "child", "--", ...command];
  const parent = spawn("perl", args, { stdio: ["ignore", "pipe", "inherit"] });
  await once(parent.stdout, "data"); // started: its handlers are in place
  const signals = spawn(
    "perl",
    ["-e", "select undef, undef, undef, 0.0001 while kill 'CHLD', $ARGV[0]", String(parent.pid)],
    { stdio: "ignore" },
  );
  const silent = once(signals, "exit");
  await once(parent, "exit");
  signals.kill();
  await silent;
  assert.equal(readFileSync(join(folder, "exit"), "utf8"), "0");
  assert.equal(existsSync(join(folder, "stdout.dropped")), false, "nothing was dropped");
  let line = 0;
  for await (const said of createInterface({ input: createReadStream(join(folder, "stdout")) })) {
    line++;
    if (said !== String(line)) assert.fail(`line ${line} is ${said}`);
  }
  assert.equal(line, LINES);
  await rm(folder, { recursive: true, force: true });
});
