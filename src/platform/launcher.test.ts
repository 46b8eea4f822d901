import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

const LAUNCHER = join(import.meta.dirname, "..", "..", "ingot");
const NODE = join("node_modules", `node-linux-${process.arch}`, "bin", "node");
/** All that the launcher may count on: what the smallest Debian has. */
const TOOLS = "sh cat chmod cksum cp date dirname id mkdir mktemp mv readlink rm sleep uname".split(" ");

/** A checkout with a launcher, a Node and an npm that only note what they were told. */
class Checkout implements Disposable {
  readonly root = mkdtempSync(join(tmpdir(), "ingot-launcher-"));
  readonly home = join(this.root, "home");
  readonly bin = join(this.root, "bin");
  readonly calls = join(this.root, "calls");

  constructor() {
    mkdirSync(this.home);
    mkdirSync(this.bin);
    copyFileSync(LAUNCHER, join(this.home, "ingot"));
    writeFileSync(join(this.home, "package-lock.json"), "{}");
    for (const tool of TOOLS) {
      const path = ["/bin", "/usr/bin"].map((folder) => join(folder, tool)).find((one) => existsSync(one));
      symlinkSync(path!, join(this.bin, tool));
    }
    this.program("fake-node", `[ "$1" = --version ] && exit 0\necho "node $*" >> "${this.calls}"`);
    this.program(
      "npm",
      `echo "npm $*" >> "${this.calls}"; mkdir -p "$(dirname ${NODE})"; cp "${this.bin}/fake-node" ${NODE}`,
    );
  }

  /** Puts a shell script on the path, in place of one of that name. */
  program(name: string, script: string): void {
    const path = join(this.bin, name);
    rmSync(path, { force: true });
    writeFileSync(path, `#!/bin/sh\n${script}\n`);
    chmodSync(path, 0o755);
  }

  /** What the fake Node does besides noting its words. */
  node(script: string): void {
    this.program("fake-node", `[ "$1" = --version ] && exit 0\necho "node $*" >> "${this.calls}"\n${script}`);
  }

  start(...argv: string[]): ChildProcess {
    return spawn(join(this.home, "ingot"), argv, { env: { PATH: this.bin }, stdio: ["ignore", "pipe", "pipe"] });
  }

  async run(...argv: string[]): Promise<{ readonly code: number | null; readonly output: string }> {
    return await ended(this.start(...argv));
  }

  /** Calls since the last look, with the checkout's own paths left out. */
  takeCalls(): string[] {
    if (!existsSync(this.calls)) return [];
    const lines = readFileSync(this.calls, "utf8").trimEnd().split("\n");
    rmSync(this.calls);
    return lines.map((line) => line.replaceAll(`${this.home}/`, ""));
  }

  async untilCalled(pattern: RegExp): Promise<void> {
    const endMs = performance.now() + 10_000;
    while (!existsSync(this.calls) || !pattern.test(readFileSync(this.calls, "utf8"))) {
      assert.ok(performance.now() < endMs, `never called: ${pattern}`);
      await sleep(10);
    }
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

function ended(child: ChildProcess): Promise<{ readonly code: number | null; readonly output: string }> {
  let output = "";
  for (const stream of [child.stdout!, child.stderr!])
    stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, output })));
}

const INSTALL = "npm ci --omit=dev --no-audit --no-fund --loglevel=error";
const INSTALL_MORE = "npm install --no-save --include=dev --no-audit --no-fund --loglevel=error";
const INSTALL_ALL = "npm ci --no-audit --no-fund --loglevel=error";
const MAIN = "node --max-semi-space-size=8 --disable-warning=ExperimentalWarning src/main.ts";

test("the first start installs what runs, with one line; the second installs nothing and says nothing", async () => {
  using checkout = new Checkout();
  const first = await checkout.run("version");
  assert.deepEqual(checkout.takeCalls(), [INSTALL, `${MAIN} version`]);
  assert.match(first.output, /^Installing Node [\d.]+ and libraries \(once\) \.\.\.\n$/);
  assert.deepEqual(await checkout.run("version"), { code: 0, output: "" });
  assert.deepEqual(checkout.takeCalls(), [`${MAIN} version`]);
});

test("a changed lockfile installs anew", async () => {
  using checkout = new Checkout();
  await checkout.run("version");
  writeFileSync(join(checkout.home, "package-lock.json"), '{ "changed": 1 }');
  checkout.takeCalls();
  await checkout.run("version");
  assert.deepEqual(checkout.takeCalls(), [INSTALL, `${MAIN} version`]);
});

test("the checks add what they need without laying anew what may be running, and whoever has it keeps it", async () => {
  using checkout = new Checkout();
  await checkout.run("version");
  await checkout.run("test");
  await checkout.run("version");
  assert.deepEqual(checkout.takeCalls(), [INSTALL, `${MAIN} version`, INSTALL_MORE, `${MAIN} test`, `${MAIN} version`]);
  writeFileSync(join(checkout.home, "package-lock.json"), '{ "changed": 1 }');
  await checkout.run("version");
  assert.equal(checkout.takeCalls()[0], INSTALL_ALL);
});

test("of two first starts at once one installs, the other waits for it", async () => {
  using checkout = new Checkout();
  checkout.program(
    "npm",
    `echo npm >> "${checkout.calls}"; sleep 0.3; mkdir -p "$(dirname ${NODE})"; cp "${checkout.bin}/fake-node" ${NODE}`,
  );
  const outcomes = await Promise.all([checkout.run("version"), checkout.run("version")]);
  assert.deepEqual(
    outcomes.map(({ code }) => code),
    [0, 0],
  );
  assert.equal(checkout.takeCalls().filter((line) => line === "npm").length, 1);
});

test("the lock of an install that was killed is taken over", async () => {
  using checkout = new Checkout();
  mkdirSync(join(checkout.home, ".ingot-install"));
  writeFileSync(join(checkout.home, ".ingot-install", "pid"), "999999999\n");
  assert.equal((await checkout.run("version")).code, 0);
  assert.ok(!existsSync(join(checkout.home, ".ingot-install")));
});

test("a failed install shows npm's words, ends, and is tried again by the next start", async () => {
  using checkout = new Checkout();
  checkout.program("npm", `echo npm >> "${checkout.calls}"; echo "npm error ENOTFOUND" >&2; exit 1`);
  const { code, output } = await checkout.run("version");
  assert.equal(code, 1);
  assert.match(output, /npm error ENOTFOUND\nnpm failed \(above\)\n$/);
  await checkout.run("version");
  assert.deepEqual(checkout.takeCalls(), ["npm", "npm"]);
});

test("without npm it says what is needed", async () => {
  using checkout = new Checkout();
  rmSync(join(checkout.bin, "npm"));
  const { code, output } = await checkout.run("up");
  assert.equal(code, 1);
  assert.match(output, /needs npm once.*apt-get install npm/);
});

test("on macOS and Windows one line names the way in, with the user's own words", async () => {
  using checkout = new Checkout();
  checkout.program("uname", "echo Darwin");
  const mac = await checkout.run("up", "--detach");
  assert.deepEqual([mac.code, checkout.takeCalls()], [1, []]);
  assert.match(mac.output, /limactl shell ingot \.\/ingot up --detach\n$/);
  checkout.program("uname", "echo MINGW64_NT-10.0");
  assert.match((await checkout.run("up")).output, /wsl -d Debian \.\/ingot up\n$/);
});

test("called through links it finds its home", async () => {
  using checkout = new Checkout();
  symlinkSync(join(checkout.home, "ingot"), join(checkout.root, "first"));
  symlinkSync("first", join(checkout.root, "second"));
  const child = spawn(join(checkout.root, "second"), ["version"], {
    env: { PATH: checkout.bin },
    stdio: ["ignore", "pipe", "pipe"],
  });
  assert.equal((await ended(child)).code, 0);
  assert.deepEqual(checkout.takeCalls(), [INSTALL, `${MAIN} version`]);
});

test("exit codes pass through, of the platform too", async () => {
  using checkout = new Checkout();
  checkout.node("exit 3");
  assert.equal((await checkout.run("status")).code, 3);
  assert.equal((await checkout.run("up")).code, 3);
});

test("a crash starts the platform again, after a pause that grows; another end is final", async () => {
  using checkout = new Checkout();
  checkout.program("sleep", `echo "sleep $1" >> "${checkout.calls}"`);
  checkout.node(
    `n=$(cat "${checkout.root}/n" 2>/dev/null || echo 0); echo $((n + 1)) > "${checkout.root}/n"; [ $n = 3 ] && exit 5; exit 70`,
  );
  assert.equal((await checkout.run("up")).code, 5);
  const calls = checkout.takeCalls();
  assert.deepEqual(
    calls.filter((line) => line.startsWith("sleep")),
    ["sleep 1", "sleep 2", "sleep 4"],
  );
  assert.equal(calls.filter((line) => line.startsWith("node")).length, 4);
});

test("told to stop during the pause, it does not start again", async () => {
  using checkout = new Checkout();
  checkout.node("exit 70");
  checkout.program("sleep", `echo "sleep $1" >> "${checkout.calls}"; exec /bin/sleep 30`);
  const child = checkout.start("up");
  const outcome = ended(child);
  await checkout.untilCalled(/sleep 1/);
  child.kill("SIGTERM");
  assert.equal((await outcome).code, 0);
  assert.equal(checkout.takeCalls().filter((line) => line.startsWith("node")).length, 1);
});

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  test(`${signal} reaches the platform, which decides when it is over and with which code`, async () => {
    using checkout = new Checkout();
    // The real Node: a shell in the background could not hear SIGINT.
    const script = `const note = (line) => fs.appendFileSync(${JSON.stringify(checkout.calls)}, line + "\\n");
      process.on("${signal}", () => { note("heard"); setTimeout(() => process.exit(9), 100); });
      setInterval(() => undefined, 1000);
      note("ready");`;
    checkout.program("script", "");
    writeFileSync(join(checkout.bin, "script"), script);
    const libraries = process.env["LD_LIBRARY_PATH"] ?? "";
    checkout.node(`LD_LIBRARY_PATH=${libraries} exec "${process.execPath}" -e "$(cat "${checkout.bin}/script")"`);
    const child = checkout.start("up");
    const outcome = ended(child);
    await checkout.untilCalled(/ready/);
    child.kill(signal);
    assert.equal((await outcome).code, 9);
    assert.ok(checkout.takeCalls().includes("heard"));
  });
}

test("up --detach and all other commands take the launcher's place", async () => {
  using checkout = new Checkout();
  checkout.node("echo $$");
  for (const argv of [["version"], ["up", "--detach"], ["up", "--state", "x", "--detach"]]) {
    const child = checkout.start(...argv);
    assert.equal((await ended(child)).output.trim().split("\n").at(-1), String(child.pid));
  }
});

/** Node starts only where its library is: on the path of libraries, or installed. */
function withoutLibatomic(checkout: Checkout, uid: number): void {
  const installed = join(checkout.root, "installed");
  checkout.program("id", `echo ${uid}`);
  checkout.program(
    "fake-node",
    `[ -e "${installed}" ] || [ -e "\${LD_LIBRARY_PATH:-/none}/libatomic.so.1" ] || { echo "libatomic.so.1: cannot open" >&2; exit 127; }
     [ "$1" = --version ] && exit 0\necho "node $*" >> "${checkout.calls}"`,
  );
  checkout.program(
    "apt-get",
    `echo "apt-get $*" >> "${checkout.calls}"
     case "$*" in
       *update*) : > "${checkout.root}/lists" ;;
       *install*) [ -e "${checkout.root}/lists" ] && : > "${installed}" ;;
       *download*) [ -e "${checkout.root}/lists" ] && : > libatomic1_1_any.deb ;;
     esac`,
  );
  checkout.program("dpkg-deb", "mkdir -p usr/lib/any && echo library > usr/lib/any/libatomic.so.1");
}

test("root gets the library that Node needs as a package; package lists are fetched where there are none", async () => {
  using checkout = new Checkout();
  withoutLibatomic(checkout, 0);
  const { code, output } = await checkout.run("version");
  assert.equal(code, 0);
  assert.match(output, /installing libatomic1 \(apt\)/);
  assert.deepEqual(
    checkout.takeCalls().filter((line) => line.startsWith("apt-get")),
    ["apt-get install -y -qq libatomic1", "apt-get update -qq", "apt-get install -y -qq libatomic1"],
  );
});

for (const [who, uid, flags] of [
  ["without root", 1000, []],
  ["with --no-install", 0, ["--no-install"]],
] as const) {
  test(`${who} the library is put beside Node, once, and nothing is installed`, async () => {
    using checkout = new Checkout();
    withoutLibatomic(checkout, uid);
    assert.equal((await checkout.run("up", "--detach", ...flags)).code, 0);
    assert.deepEqual(
      checkout.takeCalls().filter((line) => / install /.test(line)),
      [],
    );
    assert.deepEqual(await checkout.run("version"), { code: 0, output: "" });
    assert.deepEqual(checkout.takeCalls(), [`${MAIN} version`]);
  });
}

test("a Node that cannot start says why, and the install is not repeated each time", async () => {
  using checkout = new Checkout();
  withoutLibatomic(checkout, 1000);
  rmSync(join(checkout.bin, "apt-get"));
  const { code, output } = await checkout.run("version");
  assert.equal(code, 1);
  assert.match(output, /libatomic\.so\.1: cannot open\nNode [\d.]+ does not start here \(above\)/);
  await checkout.run("version");
  assert.deepEqual(checkout.takeCalls(), [INSTALL]);
});
