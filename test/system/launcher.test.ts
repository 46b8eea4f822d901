import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { Resolver } from "node:dns/promises";
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { openStateFolder } from "../../src/platform/state-folder.ts";
import type { PlatformStatus } from "../../src/platform/status.ts";
import { hasProgram } from "../../src/platform/system-packages.ts";
import { type BootedIngot, bootIngot, type CommandOutcome, eventually, freePort, runCommand } from "./boot-ingot.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const LAUNCHER = join(ROOT, "ingot");
const DORA = join(import.meta.dirname, "..", "apps", "dora");
const HOST = "dora.apps.cf.localhost";
const NOT_ROOT = process.getuid?.() === 0 ? false : "needs root";

let ingot: BootedIngot;
before(async () => {
  ingot = await bootIngot();
  await ingot.login();
  await ingot.cfOk("push", "dora", "-p", DORA, "-m", "128M");
});
after(() => ingot?.[Symbol.asyncDispose]());

function run(...argv: string[]): Promise<CommandOutcome> {
  return runCommand(LAUNCHER, argv);
}

/** Everything on this machine that belongs to a state folder: by its path, or by its hash in names. */
async function tracesOf(state: string): Promise<string[]> {
  const { hash, root } = openStateFolder(state);
  const found: string[] = [];
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    const words = readIfThere(`/proc/${pid}/cmdline`).replaceAll("\0", " ");
    if (Number(pid) !== process.pid && (words.includes(`${root}/`) || words.includes(`${root} `)))
      found.push(`process ${words}`);
  }
  const mounts = readFileSync("/proc/self/mountinfo", "utf8").split("\n");
  found.push(
    ...mounts.filter((line) => line.includes(`${root}/`) || line.includes(hash)).map((line) => `mount ${line}`),
  );
  found.push(
    ...readdirSync("/run")
      .filter((name) => name.includes(hash))
      .map((name) => `/run/${name}`),
  );
  found.push(
    ...readdirSync("/sys/class/net")
      .filter((name) => name.includes(hash.slice(0, 7)))
      .map((name) => `link ${name}`),
  );
  for (const controller of readdirSync("/sys/fs/cgroup", { withFileTypes: true }).filter((entry) =>
    entry.isDirectory(),
  )) {
    const inside = readdirSync(join("/sys/fs/cgroup", controller.name));
    found.push(...inside.filter((name) => name.includes(hash)).map((name) => `cgroup ${controller.name}/${name}`));
    if (controller.name.includes(hash)) found.push(`cgroup ${controller.name}`);
  }
  if (process.getuid?.() === 0 && hasProgram("nft")) {
    const { stdout } = await runCommand("nft", ["list", "tables"]);
    found.push(...stdout.split("\n").filter((line) => line.includes(hash)));
  }
  return found;
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

test("a second up on the same state says who runs, and changes nothing", async () => {
  for (const flags of [[], ["--detach"]]) {
    const { code, output } = await run("up", "--state", ingot.state, ...flags);
    assert.equal(code, 1);
    assert.match(
      output,
      new RegExp(`Ingot already runs on ${ingot.state} \\(pid ${ingot.pid()}\\); stop it with: ./ingot down --state`),
    );
  }
  assert.equal((await ingot.status()).state, "ready");
});

test("status tells people and programs what runs, with an exit code of its own", async () => {
  const { code, output } = await run("status", "--state", ingot.state);
  assert.equal(code, 0);
  for (const part of [
    /^state +ready, up \d+ s \(pid \d+\)$/m,
    /^API +https:/m,
    /^instances +1 running of 1 desired$/m,
    /^gorouter +pid/m,
  ])
    assert.match(output, part);
  const status = JSON.parse((await run("status", "--json", "--state", ingot.state)).stdout) as PlatformStatus;
  assert.deepEqual([status.state, status.pid, status.ports.http], ["ready", ingot.pid(), ingot.httpPort]);
  assert.ok(status.processes.every(({ pssKb }) => pssKb > 10_000));

  const elsewhere = mkdtempSync(join(tmpdir(), "ingot-none-"));
  const none = await run("status", "--state", elsewhere);
  assert.deepEqual([none.code, none.output], [3, `Ingot does not run on ${elsewhere}\n`]);
  assert.deepEqual(JSON.parse((await run("status", "--json", "--state", elsewhere)).stdout), { state: "stopped" });
  assert.equal((await run("login", "--state", elsewhere)).code, 3);
  assert.equal((await run("down", "--state", elsewhere)).code, 0);
  rmSync(elsewhere, { recursive: true });
});

test("login makes the user's own cf admin of the running Ingot, with org and space targeted", async () => {
  const home = mkdtempSync(join(tmpdir(), "ingot-home-"));
  try {
    const environment = { ...process.env, HOME: home, CF_HOME: home };
    const { code, output } = await runCommand(LAUNCHER, ["login", "--state", ingot.state], environment);
    assert.equal(code, 0, output);
    const target = await runCommand(LAUNCHER, ["cf", "target"], environment);
    assert.match(target.output, /user: +admin\norg: +ingot\nspace: +dev/);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});

test("nobody else on this machine may read the state: folders 0700, secrets 0600", () => {
  const mode = (path: string): number => statSync(join(ingot.state, path)).mode & 0o777;
  for (const folder of ["", "run", "data", "logs", "blobs", "garden", "cache", "ca"])
    assert.equal(mode(folder), 0o700, folder);
  for (const file of ["secrets.json", "ca/ca.key", "ca/router.key", "ca/ssh-host.key", "logs/main.log", "ingot.lock"])
    assert.equal(mode(file), 0o600, file);
});

test("a taken port is an error that names its holder; nothing stays behind", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  const state = mkdtempSync(join(tmpdir(), "ingot-port-"));
  try {
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as { port: number };
    for (const flag of ["--http-port", "--https-port"]) {
      const { code, output } = await run("up", "--state", state, flag, String(port));
      assert.equal(code, 2, output);
      assert.match(output, new RegExp(`ingot up: port ${port} is taken by .+ \\(pid ${process.pid}\\)`));
    }
    const own = await run("up", "--state", state, "--http-port", String(ingot.httpPort));
    assert.match(own.output, new RegExp(`port ${ingot.httpPort} is taken by .+ \\(pid \\d+\\)`));
    assert.deepEqual(await tracesOf(state), []);
  } finally {
    server.close();
    rmSync(state, { recursive: true, force: true });
  }
});

test("two Ingots live side by side: ending one leaves the other's app alone", async () => {
  {
    await using second = await bootIngot();
    await second.login();
    assert.equal((await second.get(HOST)).status, 404);
    assert.equal((await ingot.get(HOST)).status, 200);
  }
  assert.equal((await ingot.get(HOST)).status, 200);
});

test("dns prints, writes and removes the names of the system domain", {
  skip: NOT_ROOT || missing("unshare"),
}, async () => {
  const printed = await run("dns");
  assert.match(printed.stdout, /^127\.0\.0\.1 api\.cf\.localhost$/m);
  const hosts = mkdtempSync(join(tmpdir(), "ingot-hosts-"));
  try {
    const file = join(hosts, "hosts");
    writeFileSync(file, "127.0.0.1 localhost\n");
    const script = `mount --bind ${file} /etc/hosts && ${LAUNCHER} dns install && ${LAUNCHER} dns install && cp /etc/hosts ${hosts}/installed && ${LAUNCHER} dns uninstall`;
    const { code, output } = await runCommand("unshare", ["--mount", "sh", "-ec", script]);
    assert.equal(code, 0, output);
    const installed = readFileSync(join(hosts, "installed"), "utf8");
    assert.equal(installed.split("\n").filter((line) => line === "127.0.0.1 api.cf.localhost").length, 1);
    assert.equal(readFileSync(file, "utf8"), "127.0.0.1 localhost\n");
    assert.equal((await run("dns", "instal")).code, 2);
  } finally {
    rmSync(hosts, { recursive: true, force: true });
  }
});

test("with a domain of one's own, every name below it is answered by Ingot's DNS server", async () => {
  await using other = await bootIngot({ flags: ["--domain", "ingot.test"] });
  const resolver = new Resolver();
  resolver.setServers(["127.0.0.1:5350"]);
  for (const name of ["api.ingot.test", "anything.apps.ingot.test"]) {
    assert.deepEqual(await resolver.resolve4(name), ["127.0.0.1"]);
  }
  const { status, body } = await other.get("api.ingot.test", "/v3/info");
  assert.deepEqual([status, (JSON.parse(body) as { name: string }).name], [200, "Ingot"]);
});

test("trust puts the CA into the machine's store and takes it out", {
  skip: NOT_ROOT || missing("unshare") || missing("update-ca-certificates"),
}, async () => {
  const script = `
    mount -t tmpfs none /usr/local/share/ca-certificates
    cp -a /etc/ssl/certs "$1/certs" && mount --bind "$1/certs" /etc/ssl/certs
    ${LAUNCHER} trust --state ${ingot.state} && cp /etc/ssl/certs/ca-certificates.crt "$1/with"
    ${LAUNCHER} trust --uninstall --state ${ingot.state} && cp /etc/ssl/certs/ca-certificates.crt "$1/without"`;
  const folder = mkdtempSync(join(tmpdir(), "ingot-trust-"));
  try {
    const { code, output } = await runCommand("unshare", ["--mount", "sh", "-ec", script, "sh", folder]);
    assert.equal(code, 0, output);
    const [certificate] = readFileSync(join(ingot.state, "ca", "ca.crt"), "utf8").match(/\n[A-Za-z0-9+/=]{60,}\n/)!;
    assert.ok(readFileSync(join(folder, "with"), "utf8").includes(certificate.trim()));
    assert.ok(!readFileSync(join(folder, "without"), "utf8").includes(certificate.trim()));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("doctor tells a line a check, for programs too", async () => {
  const { output } = await run("doctor", "--state", ingot.state);
  assert.match(output, /^ok {3}kernel /m);
  assert.match(output, new RegExp(`^ok   state +${ingot.state}, pid ${ingot.pid()}$`, "m"));
  const checks = JSON.parse((await run("doctor", "--json", "--state", ingot.state)).stdout) as {
    name: string;
    fix: string;
  }[];
  assert.ok(checks.length > 8 && checks.every(({ name, fix }) => name !== "" && typeof fix === "string"));
});

test("SIGTERM ends the platform and leaves the app serving; the next up adopts it", async () => {
  const before = await ingot.get(HOST, "/env");
  await stopWith("SIGTERM");
  assert.equal((await run("status", "--state", ingot.state)).code, 3);
  assert.equal((await ingot.get(HOST)).status, 200);
  await ingot.up();
  const guid = (body: string): unknown => (JSON.parse(body) as Record<string, unknown>)["CF_INSTANCE_GUID"];
  await eventually(async () => assert.equal(guid((await ingot.get(HOST, "/env")).body), guid(before.body)));
});

test("what happens to apps is told in the foreground, a line an event", async () => {
  await stopWith("SIGTERM");
  const printed = await upInForeground();
  await ingot.get(HOST, "/exit?code=7").catch(() => undefined);
  await eventually(() => assert.match(printed(), /^\d\d:\d\d:\d\d {2}dora: web 0 crashed: .*7/m));
  await eventually(() => assert.match(printed(), /^\d\d:\d\d:\d\d {2}dora: web 0 runs$/m));
  await ingot.cfOk("scale", "dora", "-i", "2");
  await eventually(() => assert.match(printed(), /dora: web scaled from 1 to 2$/m));
  await eventually(() => assert.match(printed(), /dora: web 1 runs$/m));
});

test("Ctrl-C stops the apps too and leaves nothing on the machine; the next up starts them again", async () => {
  await stopWith("SIGTERM");
  await upInForeground();
  // As a terminal does it: the whole foreground process group hears it.
  const pid = ingot.pid();
  process.kill(-processGroup(pid), "SIGINT");
  await eventually(() => assert.ok(!existsSync(`/proc/${pid}`)), 30_000);
  assert.deepEqual(await tracesOf(ingot.state), []);
  await ingot.up();
  await eventually(async () => assert.equal((await ingot.get(HOST)).status, 200), 60_000);
});

test("down after kill -9 ends containers, router workers, mounts, links, packet filter and cgroups", async () => {
  await ingot.kill();
  assert.equal((await ingot.get(HOST)).status, 200, "app and router outlive the platform");
  assert.notDeepEqual(await tracesOf(ingot.state), []);
  const { code, output } = await run("down", "--state", ingot.state);
  assert.equal(code, 0, output);
  assert.deepEqual(await tracesOf(ingot.state), []);
  await assert.rejects(ingot.get(HOST));
  // What is desired is not forgotten.
  await ingot.up();
  await eventually(async () => assert.equal((await ingot.get(HOST)).status, 200), 60_000);
});

test("up refuses data of a newer Ingot, and says so", async () => {
  const { DatabaseSync } = await import("node:sqlite");
  assert.equal((await run("down", "--state", ingot.state)).code, 0);
  const path = join(ingot.state, "data", "uaa.sqlite");
  copyFileSync(path, `${path}.kept`);
  const file = new DatabaseSync(path);
  file.exec("INSERT INTO schema_version (version) VALUES (9999)");
  file.close();
  const { code, output } = await run("up", "--state", ingot.state);
  assert.equal(code, 1);
  assert.match(output, /uaa\.sqlite has schema 9999; this program knows \d+/);
  for (const name of [path, `${path}-wal`, `${path}-shm`]) rmSync(name, { force: true });
  copyFileSync(`${path}.kept`, path);
  assert.deepEqual(await tracesOf(ingot.state), []);
  await ingot.up();
});

function missing(program: string): string | false {
  return hasProgram(program) ? false : `${program} is missing`;
}

/** Signals the platform and waits for its end. */
async function stopWith(signal: NodeJS.Signals): Promise<void> {
  const pid = ingot.pid();
  process.kill(pid, signal);
  await eventually(() => assert.ok(!existsSync(`/proc/${pid}`)), 30_000);
}

function processGroup(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[2]);
}

/** Starts the stopped Ingot again in a process group of its own; gives what it has printed so far. */
async function upInForeground(): Promise<() => string> {
  const sshPort = await freePort();
  const ports = ["--http-port", `${ingot.httpPort}`, "--https-port", `${ingot.httpsPort}`, "--ssh-port", `${sshPort}`];
  const child: ChildProcess = spawn(LAUNCHER, ["up", "--state", ingot.state, ...ports], {
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  await eventually(() => assert.match(output, /^Ready in [\d.]+ s$/m), 60_000);
  return () => output;
}
