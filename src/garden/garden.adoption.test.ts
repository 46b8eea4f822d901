import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Registry } from "./registry.ts";
import { eventually, GardenBed, never, Output, shellSpec, skipReason } from "./test-bed.ts";

const skip = skipReason("container");

test("after a reboot of the machine nothing of its containers is left, and their names are free", {
  skip,
}, async () => {
  await using bed = await GardenBed.start("container");
  const { containerIp } = await bed.create("before");
  await bed.garden[Symbol.asyncDispose]();
  const registry = new Registry(join(bed.config.root, "garden.sqlite"));
  registry.put({ ...registry.get("before")!, bootId: "another-boot" });
  registry[Symbol.dispose]();
  await bed.restart();
  assert.deepEqual(await bed.client.list(), []);
  assert.equal(existsSync(join(bed.config.root, "containers", "before")), false);
  const again = await bed.create("before");
  assert.notEqual(again.containerIp, containerIp, "its address rests");
});

test("a container whose first process was killed is listed as stopped, its exit codes are known, and it can be destroyed", {
  skip,
}, async () => {
  await using bed = await GardenBed.start("container");
  await bed.create("shot");
  await bed.client.run("shot", shellSpec("echo first; exec sleep 600", { id: "app" }), new Output().io, never());
  await bed.garden[Symbol.asyncDispose]();
  const registry = new Registry(join(bed.config.root, "garden.sqlite"));
  process.kill(registry.get("shot")!.init!.pid, "SIGKILL");
  registry[Symbol.dispose]();
  await bed.restart();
  assert.equal((await bed.client.info("shot")).state, "stopped");
  const output = new Output();
  const app = await bed.client.attach("shot", "app", output.io, never());
  assert.equal(await app.wait(never()), 137);
  await assert.rejects(bed.client.run("shot", shellSpec("true"), output.io, never()), { kind: "failed" });
  await bed.client.destroy("shot", never());
});

test("a process whose parent was killed goes on; its exit status is lost, and that is said with 255", {
  skip,
}, async () => {
  await using bed = await GardenBed.start("container");
  await bed.create("orphan");
  const process_ = await bed.client.run("orphan", shellSpec("exec sleep 600", { id: "app" }), new Output().io, never());
  const folder = join(bed.config.root, "containers", "orphan", "processes", "app");
  process.kill(Number(readFileSync(join(folder, "parent"), "utf8").split(" ")[0]), "SIGKILL");
  const pid = readFileSync(join(folder, "started"), "utf8").split(" ")[0];
  assert.ok(existsSync(`/proc/${pid}`));
  await process_.signal("TERM");
  assert.equal(await process_.wait(never()), 255);
});

test("while the platform is away, an app that prints without end neither stops nor fills the disk", {
  skip,
}, async () => {
  await using bed = await GardenBed.start("container");
  await bed.create("chatty");
  const script = "while :; do head -c 1000000 /dev/zero | tr '\\0' x; echo; done";
  await bed.client.run("chatty", shellSpec(script, { id: "app" }), new Output().io, never());
  await bed.garden[Symbol.asyncDispose]();
  const file = join(bed.config.root, "containers", "chatty", "processes", "app", "stdout");
  const { statSync } = await import("node:fs");
  await eventually(() => statSync(file).size > 60 << 20, "it prints on");
  assert.ok(statSync(file).blocks * 512 < 24 << 20, "the disk holds a bounded part");
  await bed.restart();
  const output = new Output();
  const app = await bed.client.attach("chatty", "app", output.io, never());
  await eventually(() => /^\[\d+ bytes of output were dropped/m.test(output.stdout), "what was dropped is counted");
  await app.signal("KILL");
  assert.equal(await app.wait(never()), 137);
});
