import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { systemClock } from "../kit/clock-system.ts";
import { silentLog } from "../kit/log.ts";
import { systemRandom } from "../kit/random-system.ts";
import { systemSubprocess } from "../kit/subprocess.ts";
import type { GardenConfig } from "./config.ts";
import { mountPoints } from "./mount-table.ts";
import { startGarden } from "./start-garden.ts";
import { containerSpec, GardenBed, never, Output, shellSpec, skipReason } from "./test-bed.ts";

const ROUNDS = 5;

/** As a platform: creates and destroys without end, says what was answered, and is killed in the middle of it. */
async function platform(config: GardenConfig): Promise<void> {
  const deps = { clock: systemClock(), random: systemRandom(), log: silentLog(), subprocess: systemSubprocess() };
  const { client } = await startGarden(config, deps);
  const say = (...words: string[]): void => void process.stdout.write(`${words.join(" ")}\n`);
  const names = (worker: number) => `r${process.pid}-${worker}`;
  await Promise.all(
    [0, 1, 2].map(async (worker) => {
      for (let turn = 0; ; turn++) {
        const handle = `${names(worker)}-${turn}`;
        await client.create(containerSpec(handle, { netIn: [{ containerPort: 8080 }] }), never());
        say("created", handle);
        await client.run(handle, shellSpec("echo hello; exec sleep 600", { id: "app" }), new Output().io, never());
        say("started", handle);
        if (turn % 2 === 0) continue; // some stay
        say("destroying", handle);
        await client.destroy(handle, never());
        say("destroyed", handle);
      }
    }),
  );
}

if (process.argv[2] === "platform") await platform(JSON.parse(process.argv[3]!));
else {
  test("kill -9 at any moment: what was answered holds, what was half-made is gone", {
    skip: skipReason("container"),
  }, async () => {
    await using bed = await GardenBed.start("container");
    const live = new Set<string>();
    const started = new Set<string>();
    const doubtful = new Set<string>();
    for (let round = 0; round < ROUNDS; round++) {
      await bed.garden[Symbol.asyncDispose]();
      const child = spawn(process.execPath, [fileURLToPath(import.meta.url), "platform", JSON.stringify(bed.config)], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      const exit = once(child, "exit");
      const lines = createInterface(child.stdout);
      lines.on("line", (line) => {
        const [what, handle] = line.split(" ") as [string, string];
        if (what === "created") live.add(handle);
        if (what === "started") started.add(handle);
        if (what === "destroying") doubtful.add(handle);
        if (what === "destroyed") live.delete(handle);
      });
      await once(lines, "line");
      await pause(100 + 173 * round); // any moment will do; rounds differ
      child.kill("SIGKILL");
      await exit;
      await bed.restart();

      const listed = await bed.client.list();
      for (const handle of live)
        if (!doubtful.has(handle)) assert.ok(listed.includes(handle), `${handle} was answered`);
      for (const handle of listed) {
        assert.equal((await bed.client.info(handle)).state, "active", handle);
        if (!started.has(handle)) continue;
        const output = new Output();
        const process = await bed.client.attach(handle, "app", output.io, never());
        await process.signal("KILL");
        assert.equal(await process.wait(never()), 137);
        assert.ok(["hello\n", ""].includes(output.stdout), "the line comes once, before the kill or after");
      }
      for (const handle of [...listed].slice(0, 2)) {
        await bed.client.destroy(handle, never());
        live.delete(handle);
      }
    }
    await bed.restart();
    await bed.garden[Symbol.asyncDispose](); // waits for the tidying
    const listed = await bed.restart().then(() => bed.client.list());
    assert.deepEqual(
      (await traces(bed.config)).sort(),
      listed.sort(),
      "nothing but the listed containers is on the machine",
    );
    await bed.garden.destroyAll();
    assert.deepEqual(await traces(bed.config), []);
    assert.equal(existsSync(`/run/ingot-${bed.config.stateHash.slice(0, 8)}`), false);
  });
}

/** Handles of which anything can be found: mounts, runc's state, cgroups, folders. */
async function traces(config: GardenConfig): Promise<string[]> {
  const hash = config.stateHash.slice(0, 8);
  const names = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder) : []);
  const mounts = (await mountPoints()).flatMap((path) => {
    const match = path.match(new RegExp(`^/run/ingot-${hash}/rootfs/(.+)$|^${config.root}/containers/(.+)/disk$`));
    return match === null ? [] : [match[1] ?? match[2]!];
  });
  const cgroups = names(`/sys/fs/cgroup/memory/ingot-${hash}`).filter((name) => name.startsWith("r"));
  return [
    ...new Set([...mounts, ...cgroups, ...names(`/run/ingot-${hash}/runc`), ...names(`${config.root}/containers`)]),
  ];
}
