import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { spawnServer } from "./spawn-server.ts";
import { type ProcessLauncher, type Subprocess, systemSubprocess } from "./subprocess.ts";

const never = AbortSignal.timeout(60_000);

/** One contract: programs started by this process, or by a small one. */
for (const [name, make] of [
  ["this process", () => Object.assign(systemSubprocess(), { [Symbol.dispose]: () => undefined })],
  ["the spawn server", () => spawnServer("test")],
] as const) {
  describe(`programs started by ${name}`, () => {
    let system: Subprocess & ProcessLauncher & Disposable;
    let folder: string;
    before(() => {
      system = make();
      folder = realpathSync(mkdtempSync(join(tmpdir(), "ingot-spawn-")));
    });
    after(() => {
      system[Symbol.dispose]();
      rmSync(folder, { recursive: true });
    });

    test("input goes in, both outputs and the exit code come back", async () => {
      const result = await system.run("sh", ["-c", 'cat; echo "$1" >&2; exit 3', "sh", "ö"], {
        input: "ü\n",
        signal: never,
      });
      assert.deepEqual(result, { code: 3, stdout: "ü\n", stderr: "ö\n" });
    });

    test("without input stdin is empty; a program may end without reading what there is", async () => {
      assert.equal((await system.run("cat", [], { signal: never })).stdout, "");
      const input = "x".repeat(5_000_000);
      assert.equal((await system.run("true", [], { input, signal: never })).code, 0);
      const { stdout } = await system.run("wc", ["-c"], { input, signal: never });
      assert.equal(stdout.trim(), "5000000");
    });

    test("of long outputs the beginning is kept", async () => {
      const script = "head -c 300000 /dev/zero | tr '\\\\0' x; head -c 300000 /dev/zero | tr '\\\\0' y >&2";
      const { stdout, stderr } = await system.run("sh", ["-c", script], { outputMax: 100_000, signal: never });
      assert.deepEqual([stdout.length, stderr.length], [100_000, 100_000]);
    });

    test("folder and environment are the wanted ones, else this process's own", async () => {
      const own = await system.run("sh", ["-c", "echo $HOME"], { signal: never });
      assert.equal(own.stdout, `${process.env["HOME"] ?? ""}\n`);
      const env = { PATH: "/usr/bin:/bin", WORD: "a=b c" };
      const given = await system.run("sh", ["-c", "echo $HOME,$WORD; pwd"], { env, cwd: folder, signal: never });
      assert.equal(given.stdout, `,a=b c\n${folder}\n`);
    });

    test("a program that is not there rejects; one that is killed has 128 and the signal", async () => {
      await assert.rejects(system.run("/no/such/program", [], { signal: never }), {
        code: "ENOENT",
        message: /no\/such\/program/,
      });
      assert.equal((await system.run("sh", ["-c", "kill -9 $$"], { signal: never })).code, 137);
    });

    test("giving up kills it and rejects with the reason", async () => {
      const stop = new AbortController();
      const run = system.run("sh", ["-c", `echo $$ > ${folder}/pid; exec sleep 60`], { signal: stop.signal });
      const pid = await fileText(join(folder, "pid"));
      stop.abort(new Error("given up"));
      await assert.rejects(run, /given up/);
      assert.equal(existsSync(`/proc/${pid.trim()}`), false);
      const limit = AbortSignal.timeout(100);
      const begunMs = performance.now();
      await assert.rejects(system.run("sh", ["-c", "sleep 3 & wait"], { signal: limit }), { name: "TimeoutError" });
      assert.ok(performance.now() - begunMs < 2500, "what it has started is not waited for");
      await assert.rejects(system.run("true", [], { signal: stop.signal }), /given up/);
    });

    test("many at once all get their own answer", async () => {
      const numbers = Array.from({ length: 300 }, (_, index) => String(index));
      const results = await Promise.all(numbers.map((number) => system.run("echo", [number], { signal: never })));
      assert.deepEqual(
        results.map(({ stdout }) => stdout.trim()),
        numbers,
      );
    });

    test("what is launched goes on after its first line; without a line its end counts", async () => {
      const line = await system.launch("sh", ["-c", "echo $$; exec >/dev/null; exec sleep 60"], { signal: never });
      const pid = Number(line);
      assert.ok(existsSync(`/proc/${pid}`));
      const session = readFileSync(`/proc/${pid}/stat`, "utf8").split(" ")[5];
      assert.equal(session, String(pid), "in a session of its own");
      process.kill(pid, "SIGKILL");
      assert.equal(await system.launch("sh", ["-c", "printf end"], { signal: never }), "end");
      await assert.rejects(system.launch("/no/such/program", [], { signal: never }), {
        code: "ENOENT",
        message: /no\/such\/program/,
      });
    });
  });
}

test("when the server dies, calls under way reject and the next one works", async () => {
  using system = spawnServer("test");
  const { stdout } = await system.run("sh", ["-c", "echo $PPID"], { signal: never });
  const sleeping = assert.rejects(system.run("sleep", ["5"], { signal: never }), /has ended/);
  process.kill(Number(stdout), "SIGKILL");
  await sleeping;
  assert.equal((await system.run("echo", ["again"], { signal: never })).stdout, "again\n");
});

test("the server goes with whoever uses it, what it launched stays, and it keeps nobody from ending", async () => {
  const program = `
    import { spawnServer } from ${JSON.stringify(join(import.meta.dirname, "spawn-server.ts"))};
    const system = spawnServer("test");
    const signal = new AbortController().signal;
    const { stdout } = await system.run("sh", ["-c", "echo $PPID"], { signal });
    const line = await system.launch("sh", ["-c", "echo $$; exec >/dev/null; exec sleep 60"], { signal });
    console.log(stdout.trim(), line.trim());`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  child.stdout.on("data", (chunk) => {
    text += chunk;
  });
  await once(child, "close");
  const [server, launched] = text.trim().split(" ").map(Number) as [number, number];
  while (existsSync(`/proc/${server}`)) await pause(10);
  assert.ok(existsSync(`/proc/${launched}`));
  process.kill(launched, "SIGKILL");
});

async function fileText(path: string): Promise<string> {
  writeFileSync(path, "", { flag: "a" });
  for (;;) {
    const text = readFileSync(path, "utf8");
    if (text !== "") return text;
    await pause(5);
  }
}
