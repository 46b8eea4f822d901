import assert from "node:assert/strict";
import { test } from "node:test";
import type { CommandResult, Subprocess } from "../kit/subprocess.ts";
import { setUpMachine } from "./machine-setup.ts";

const NO_SIGNAL = new AbortController().signal;

/** A machine that has these programs; keeps what was said and run. */
function machine(programs: readonly string[], isRoot: boolean, answer: (args: readonly string[]) => number = () => 0) {
  const said: string[] = [];
  const ran: string[] = [];
  const subprocess: Subprocess = {
    run: async (file, args): Promise<CommandResult> => {
      ran.push([file, ...args].join(" "));
      return { code: answer(args), stdout: "", stderr: "E: no such package" };
    },
  };
  const deps = {
    subprocess,
    isRoot,
    say: (line: string) => said.push(line),
    has: (name: string) => programs.includes(name),
  };
  return { deps, said, ran };
}

const BARE = ["apt-get", "mkfs.ext4", "mount", "nsenter", "perl"];
const WHOLE = [...BARE, "runc", "nft", "ip", "bwrap"];

test("root with apt gets what containers need, a line for each package", async () => {
  const { deps, said, ran } = machine(BARE, true);
  await setUpMachine({ isolation: "auto", install: true }, deps, NO_SIGNAL);
  assert.deepEqual(
    said.map((line) => line.split(":")[0]),
    ["installing runc (apt)", "installing nftables (apt)", "installing iproute2 (apt)"],
  );
  assert.deepEqual(ran, ["apt-get install -y -qq --no-install-recommends runc nftables iproute2"]);
});

test("without package lists they are fetched first", async () => {
  let attempts = 0;
  const { deps, ran } = machine(BARE, true, ([verb]) => (verb === "install" && attempts++ === 0 ? 100 : 0));
  await setUpMachine({ isolation: "auto", install: true }, deps, NO_SIGNAL);
  assert.deepEqual(
    ran.map((line) => line.split(" ")[1]),
    ["install", "update", "install"],
  );
});

test("an installation that fails is told, and is no reason to stop", async () => {
  const { deps, said } = machine(BARE, true, () => 100);
  await setUpMachine({ isolation: "auto", install: true }, deps, NO_SIGNAL);
  assert.match(said.at(-1)!, /^not installed: apt-get update -qq: exit 100: E: no such package/);
});

test("--no-install prints the list and runs nothing", async () => {
  const { deps, said, ran } = machine(BARE, true);
  await setUpMachine({ isolation: "auto", install: false }, deps, NO_SIGNAL);
  assert.deepEqual(said, ["missing: runc, nft, ip   (apt-get install runc nftables iproute2)"]);
  assert.deepEqual(ran, []);
});

test("without root nothing is installed: the sandbox's program is named", async () => {
  const { deps, said, ran } = machine(BARE, false);
  await setUpMachine({ isolation: "auto", install: true }, deps, NO_SIGNAL);
  assert.deepEqual(said, ["missing: bwrap   (as root: apt-get install bubblewrap)"]);
  assert.deepEqual(ran, []);
});

test("other distributions get the names that their packages have", async () => {
  const { deps, said, ran } = machine(["dnf", "mount", "nsenter"], true);
  await setUpMachine({ isolation: "auto", install: true }, deps, NO_SIGNAL);
  assert.match(said[0]!, /\(dnf install runc nftables iproute e2fsprogs perl-interpreter\)$/);
  assert.deepEqual(ran, []);
});

test("a machine that has everything is left alone, silently", async () => {
  for (const isRoot of [true, false]) {
    const { deps, said, ran } = machine(WHOLE, isRoot);
    await setUpMachine({ isolation: "auto", install: true }, deps, NO_SIGNAL);
    assert.deepEqual([said, ran], [[], []]);
  }
});
