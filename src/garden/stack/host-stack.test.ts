import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { systemClock } from "../../kit/clock-system.ts";
import { silentLog } from "../../kit/log.ts";
import { systemSubprocess } from "../../kit/subprocess.ts";
import { lacks, probeMachine } from "../isolation.ts";
import { mounts } from "../mount-table.ts";
import { mountHostStack, removeHostStack } from "./host-stack.ts";

const needsContainers = lacks("container", probeMachine()).length === 0 ? false : "containers cannot be had here";
const deps = { subprocess: systemSubprocess(), clock: systemClock(), log: silentLog() };

interface Place {
  readonly stacks: string;
  readonly mountRoot: string;
}

/** Its mounts are gone before its folders are. */
function place(t: TestContext): Place {
  const folder = mkdtempSync("/tmp/ingot-stack-");
  t.after(async () => {
    for (const { path } of (await mounts()).filter(({ path }) => path.startsWith(`${folder}/`)).reverse()) {
      execFileSync("umount", ["-l", path]);
    }
    rmSync(folder, { recursive: true });
  });
  const made = { stacks: join(folder, "stacks"), mountRoot: join(folder, "mounts") };
  mkdirSync(made.mountRoot);
  return made;
}

const isReadOnly = (path: string): void => {
  assert.throws(() => writeFileSync(join(path, "ingot-test-file"), "x"), { code: "EROFS" });
};

test("nobody can write or delete through what a stack shows of this machine's /usr", {
  skip: needsContainers,
}, async (t) => {
  const { stacks, mountRoot } = place(t);
  const { id, usrPath } = await mountHostStack("test", stacks, mountRoot, null, deps);
  for (const path of [usrPath, join(mountRoot, "stacks", id, "mapped")]) {
    isReadOnly(path);
    // What `rm -rf` of somebody who wants the folder gone would do.
    assert.throws(() => rmSync(join(path, "bin"), { recursive: true }), /Read-only/);
    assert.ok(existsSync(join(path, "bin", "env")));
  }
  await removeHostStack(id, stacks, mountRoot, deps);
  assert.equal(existsSync(join(mountRoot, "stacks", id)), false);
  assert.ok(existsSync("/usr/bin/env"));
});

test("a writable mount of /usr that was left over is replaced", { skip: needsContainers }, async (t) => {
  const { stacks, mountRoot } = place(t);
  const first = await mountHostStack("test", stacks, mountRoot, null, deps);
  const mapped = join(mountRoot, "stacks", first.id, "mapped");
  for (const path of [first.usrPath, mapped]) execFileSync("umount", [path]);
  // Not of /usr itself: a test that fails must hurt nobody.
  const harmless = join(stacks, "harmless");
  mkdirSync(harmless);
  execFileSync("mount", ["--bind", harmless, mapped]);
  writeFileSync(join(mapped, "file"), "writable");
  await mountHostStack("test", stacks, mountRoot, null, deps);
  isReadOnly(mapped);
  assert.ok(existsSync(join(mapped, "bin", "env")));
  await removeHostStack(first.id, stacks, mountRoot, deps);
});

test("where owners cannot be shifted, the mount is read-only from its first moment, too", {
  skip: needsContainers,
}, async (t) => {
  const { stacks, mountRoot } = place(t);
  const noMapping = {
    ...deps,
    subprocess: {
      ...deps.subprocess,
      run: (async (file, args, options) =>
        file === "perl" && args[0]?.endsWith("mount-idmapped.pl") === true && args.at(-1) !== "0"
          ? { code: 1, stdout: "", stderr: "mount_setattr: Invalid argument" }
          : await deps.subprocess.run(file, args, options)) as typeof deps.subprocess.run,
    },
  };
  const { id, usrPath } = await mountHostStack("test", stacks, mountRoot, null, noMapping);
  const mapped = join(mountRoot, "stacks", id, "mapped");
  for (const path of [usrPath, mapped]) isReadOnly(path);
  const known = (await mounts()).find(({ path }) => path === mapped);
  assert.equal(known?.readOnly, true);
  await removeHostStack(id, stacks, mountRoot, noMapping);
});

test("what is still mounted is not removed through", { skip: needsContainers }, async (t) => {
  const { stacks, mountRoot } = place(t);
  const { id } = await mountHostStack("test", stacks, mountRoot, null, deps);
  const deaf = {
    ...deps,
    subprocess: {
      ...deps.subprocess,
      run: (async (file, args, options) =>
        file === "umount"
          ? { code: 0, stdout: "", stderr: "" }
          : await deps.subprocess.run(file, args, options)) as typeof deps.subprocess.run,
    },
  };
  await assert.rejects(removeHostStack(id, stacks, mountRoot, deaf), /is still mounted/);
  assert.ok(existsSync("/usr/bin/env"));
  await removeHostStack(id, stacks, mountRoot, deps);
});
