import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { detectCgroups, makeRoomForCgroups, readCgroup, readOomKills } from "./cgroup.ts";

async function tree(files: Readonly<Record<string, string>>): Promise<{ root: string } & AsyncDisposable> {
  const root = await mkdtemp(join(tmpdir(), "ingot-cgroup-"));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  return { root, [Symbol.asyncDispose]: () => rm(root, { recursive: true }) };
}

test("version 2 is told by its list of controllers, and read from one folder", async () => {
  await using files = await tree({
    "cgroup.controllers": "cpuset cpu io memory pids\n",
    "ingot-x/one/memory.current": "5000000\n",
    "ingot-x/one/memory.stat": "anon 3000000\nfile 2000000\ninactive_file 1500000\n",
    "ingot-x/one/memory.events": "low 0\nhigh 0\nmax 7\noom 2\noom_kill 1\n",
    "ingot-x/one/cpu.stat": "usage_usec 1234\nuser_usec 1000\n",
    "ingot-x/one/pids.current": "3\n",
  });
  const layout = detectCgroups(files.root)!;
  assert.equal(layout.version, 2);
  assert.deepEqual(readCgroup(layout, "/ingot-x/one"), {
    memoryUsageBytes: 3_500_000,
    cpuUsageNs: 1_234_000n,
    pids: 3,
  });
  assert.equal(readOomKills(layout, "/ingot-x/one"), 1);
  assert.equal(readCgroup(layout, "/ingot-x/gone"), null);
  assert.equal(readOomKills(layout, "/ingot-x/gone"), 0);
});

test("version 1 has a folder for each controller; a hybrid machine counts as version 1", async () => {
  await using files = await tree({
    "unified/cgroup.controllers": "",
    "memory/memory.memsw.limit_in_bytes": "1\n",
    "memory/ingot-x/one/memory.stat": "rss 1\ntotal_rss 3000000\ntotal_cache 2000000\ntotal_inactive_file 1500000\n",
    "memory/ingot-x/one/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 4\n",
    "cpuacct/ingot-x/one/cpuacct.usage": "987654321\n",
    "pids/ingot-x/one/pids.current": "2\n",
  });
  const layout = detectCgroups(files.root)!;
  assert.equal(layout.version, 1);
  assert.equal(layout.swapAccounting, true);
  assert.deepEqual(readCgroup(layout, "/ingot-x/one"), {
    memoryUsageBytes: 3_500_000,
    cpuUsageNs: 987_654_321n,
    pids: 2,
  });
  assert.equal(readOomKills(layout, "/ingot-x/one"), 4);
});

test("without the controllers that limit, there are no containers", async () => {
  await using none = await tree({ "nothing/here": "" });
  await using half = await tree({ "cgroup.controllers": "cpu io\n" });
  assert.equal(detectCgroups(none.root), null);
  assert.equal(detectCgroups(half.root), null);
});

test("whether version 2 limits swap is seen in any cgroup that counts memory", async () => {
  await using with_ = await tree({ "cgroup.controllers": "memory pids", "a/memory.max": "", "a/memory.swap.max": "" });
  await using without = await tree({ "cgroup.controllers": "memory pids", "a/memory.max": "" });
  assert.equal(detectCgroups(with_.root)?.swapAccounting, true);
  assert.equal(detectCgroups(without.root)?.swapAccounting, false);
});

test("inside a container the root's processes make room, on a machine they stay", async () => {
  await using nested = await tree({
    "cgroup.type": "domain\n",
    "cgroup.subtree_control": "\n",
    "cgroup.procs": "17\n",
  });
  makeRoomForCgroups(nested.root);
  assert.equal(await readFile(join(nested.root, "ingot-machine/cgroup.procs"), "utf8"), "17");
  assert.equal(await readFile(join(nested.root, "cgroup.subtree_control"), "utf8"), "+memory +pids +cpu");
  await using machine = await tree({ "cgroup.subtree_control": "\n", "cgroup.procs": "17\n" });
  makeRoomForCgroups(machine.root);
  assert.equal(await readFile(join(machine.root, "cgroup.subtree_control"), "utf8"), "\n");
});
