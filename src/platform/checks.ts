import { lookup } from "node:dns/promises";
import { existsSync, readFileSync, statfsSync } from "node:fs";
import { release, totalmem } from "node:os";
import { join } from "node:path";
import { chooseIsolation, probeMachine } from "../garden/index.ts";
import { probePort } from "../routing/gorouter/index.ts";
import type { IngotConfig } from "./config.ts";
import { lockHolder } from "./instance-lock.ts";
import { installCommand, missingNeeds } from "./system-packages.ts";

/** One line of `./ingot doctor`. */
export interface CheckResult {
  readonly name: string;
  readonly ok: boolean;
  readonly found: string;
  /** What to do; empty when all is well. */
  readonly fix: string;
}

const KERNEL_MIN = [5, 12] as const; // id-mapped mounts
const DISK_MIN_BYTES = 5e9;
const MEMORY_MIN_BYTES = 2e9;

/** Everything that Ingot wants of a machine, looked at without changing it. */
export async function checkMachine(config: IngotConfig): Promise<CheckResult[]> {
  const result = (name: string, ok: boolean, found: string, fix: string): CheckResult => ({
    name,
    ok,
    found,
    fix: ok ? "" : fix,
  });
  const root = process.getuid?.() === 0;
  const [major = 0, minor = 0] = release().split(".").map(Number);
  const kernelOk = major > KERNEL_MIN[0] || (major === KERNEL_MIN[0] && minor >= KERNEL_MIN[1]);
  const missing = missingNeeds(config.isolation, root);
  const free = freeBytes(config.state);
  const cgroup = cgroupKind();
  const running = lockHolder(config.state);
  const results = [
    isolationCheck(config, result),
    result("kernel", kernelOk, release(), `id-mapped mounts need Linux ${KERNEL_MIN.join(".")} or later`),
    result("cgroup", cgroup !== "none", cgroup, "mount cgroup v2 (or v1 with memory, cpu and pids)"),
    result(
      "user namespaces",
      readNumber("/proc/sys/user/max_user_namespaces") > 0,
      String(readNumber("/proc/sys/user/max_user_namespaces")),
      "sysctl -w user.max_user_namespaces=15000",
    ),
    result(
      "overlayfs",
      readText("/proc/filesystems").includes("overlay") || existsSync("/sys/module/overlay"),
      "overlay",
      "modprobe overlay",
    ),
    result(
      "packages",
      missing.length === 0,
      missing.length === 0 ? "all there" : `missing: ${missing.map(({ program }) => program).join(", ")}`,
      installCommand(missing),
    ),
    result(
      "disk",
      free >= DISK_MIN_BYTES,
      `${(free / 1e9).toFixed(1)} GB free`,
      "at least 5 GB for stacks, droplets and caches",
    ),
    result("memory", totalmem() >= MEMORY_MIN_BYTES, `${(totalmem() / 1e9).toFixed(1)} GB`, "at least 2 GB"),
    result("libc", existsSync("/lib/ld-musl-x86_64.so.1") === false, "glibc", "Ingot's Node needs glibc, not musl"),
  ];
  for (const [name, port] of [
    ["HTTP port", config.httpPort ?? 80],
    ["HTTPS port", config.httpsPort ?? 443],
  ] as const) {
    const probe = await probePort("127.0.0.1", port);
    const asked = (name === "HTTP port" ? config.httpPort : config.httpsPort) !== null;
    const found = probe.free
      ? `${port} free`
      : running !== null
        ? `${port} in use, Ingot runs`
        : `${port} ${probe.code === "EADDRINUSE" ? `taken by ${probe.holder ?? "another process"}` : `cannot be had: ${probe.message}`}${asked ? "" : "; another pair is chosen"}`;
    results.push(
      result(
        name,
        probe.free || running !== null || !asked,
        found,
        `stop it or choose another with --${name === "HTTP port" ? "http" : "https"}-port`,
      ),
    );
  }
  const resolves = await lookup(`api.${config.domain}`).then(
    ({ address }) => address,
    () => null,
  );
  results.push(
    result(
      "DNS",
      resolves !== null,
      resolves === null ? `api.${config.domain} is unknown here` : `api.${config.domain} = ${resolves}`,
      "./ingot dns install   (./ingot cf and browsers do without)",
    ),
  );
  results.push(
    result(
      "state",
      true,
      running === null ? `${config.state}, not running` : `${config.state}, pid ${running.pid}`,
      "",
    ),
  );
  return results;
}

/** The strongest kind that works here. Weaker than containers is no fault: it is how Ingot runs without root. */
function isolationCheck(
  config: IngotConfig,
  result: (name: string, ok: boolean, found: string, fix: string) => CheckResult,
): CheckResult {
  const choice = chooseIsolation(config.isolation, probeMachine());
  if ("impossible" in choice) return result("isolation", false, choice.impossible, "choose --isolation auto");
  const found = [choice.isolation, ...choice.passedOver].join("; ");
  const weakest = choice.isolation === "process" && config.isolation !== "process";
  return result("isolation", !weakest, found, "nothing keeps apps apart; see the packages below");
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function readNumber(path: string): number {
  return Number(readText(path).trim() || 0);
}

function cgroupKind(): string {
  if (existsSync("/sys/fs/cgroup/cgroup.controllers")) return "v2";
  const v1 = ["memory", "cpu", "pids"].every((controller) => existsSync(join("/sys/fs/cgroup", controller)));
  return v1 ? "v1" : "none";
}

function freeBytes(path: string): number {
  try {
    const stats = statfsSync(existsSync(path) ? path : "/");
    return stats.bavail * stats.bsize;
  } catch {
    return 0;
  }
}
