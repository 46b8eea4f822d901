import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../src/kit/clock-system.ts";
import { silentLog } from "../src/kit/log.ts";
import { systemRandom } from "../src/kit/random-system.ts";
import { detachedSpawn, probePort, startGorouter } from "../src/routing/gorouter/index.ts";
import { startNatsServer } from "../src/routing/nats-server/index.ts";
import { median, printFigure } from "./_measure.ts";

export const name = "gorouter";
export const about =
  "Gorouter: CPU per request, latency and memory beside nginx and HAProxy (needs wrk; peers if installed)";

const ROUNDS = 3;
const SECONDS = 3;
/** Of `sysconf(_SC_CLK_TCK)`, which is 100 on every Linux that we run on. */
const TICK_MS = 10;
const HOST = "bench.test";
/** The Go Gorouter with its defaults, µs of CPU a request on two cores (access log on; per-request events off: 145). */
const GO_GOROUTER_US: Readonly<Record<string, number>> = { "1 KB": 193, "64 KB": 320 };

interface Load {
  readonly label: string;
  readonly bytes: number;
  readonly connections: number;
}

interface Result {
  readonly requestsPerSecond: number;
  readonly cpuUs: number;
  readonly p50: string;
  readonly p99: string;
  readonly rssMb: number;
}

export async function run(): Promise<void> {
  if (!isInstalled("wrk")) {
    process.stdout.write("wrk is not installed: apt-get install wrk (and nginx-light, haproxy as peers)\n");
    return;
  }
  const loads: Load[] = [
    { label: "1 KB", bytes: 1_024, connections: 64 },
    { label: "64 KB", bytes: 65_536, connections: 64 },
    { label: "1 KB", bytes: 1_024, connections: 512 },
  ];
  for (const load of loads) await measureLoad(load);
}

async function measureLoad(load: Load): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "ingot-bench-"));
  const backend = spawn(process.execPath, [join(import.meta.dirname, "_raw-backend.ts"), String(load.bytes)]);
  try {
    const backendPort = Number(await firstLine(backend));
    process.stdout.write(`\n${load.label}, ${load.connections} connections\n`);
    const own = await withGorouter(folder, backendPort, load);
    const peers = [
      await withPeer("nginx", folder, backendPort, load),
      await withPeer("haproxy", folder, backendPort, load),
    ];
    for (const peer of peers) {
      if (peer === null) continue;
      printFigure(
        `  CPU beside ${peer.name}`,
        `${(own.cpuUs / peer.result.cpuUs).toFixed(2)} ×`,
        peer.name === "haproxy" ? "1.3 ×" : "",
      );
    }
    const go = GO_GOROUTER_US[load.label];
    if (go !== undefined)
      printFigure("  CPU beside the Go Gorouter (as measured once)", `${(own.cpuUs / go).toFixed(2)} ×`, "0.2 ×");
  } finally {
    backend.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function withGorouter(folder: string, backendPort: number, load: Load): Promise<Result> {
  const clock = systemClock();
  const random = systemRandom();
  const log = silentLog();
  const state = join(folder, "run");
  mkdirSync(state);
  let lines = 0;
  await using nats = await startNatsServer({}, { clock, random, log });
  await using router = await startGorouter(
    {
      stateRun: state,
      listen: [{ host: "127.0.0.1", port: 0, tls: false }],
      limits: { inFlightMax: 0 }, // one endpoint takes them all here; the peers have no such limit either
    },
    {
      clock,
      random,
      log,
      bus: nats.bus,
      agent: { emit: () => lines++ },
      spawn: detachedSpawn(state, join(folder, "cache")),
    },
  );
  const route = { host: "127.0.0.1", port: backendPort, uris: [HOST], app: random.guid(), private_instance_id: "i1" };
  nats.bus.publish("router.register", JSON.stringify(route));
  let [worker] = await router.stats(clock.deadline(5_000));
  while (worker?.routes !== 1) [worker] = await router.stats(clock.deadline(5_000));
  const result = await measure("Gorouter (access log on)", worker.pid, router.listeners[0]!.port, load);
  const [after] = await router.stats(clock.deadline(5_000));
  printFigure("  access log lines delivered, dropped", `${lines}, ${after?.logsDropped ?? "?"}`);
  printFigure("  event loop p99.9", `${after?.eventLoopP999Ms.toFixed(1)} ms`, "20 ms");
  return result;
}

async function withPeer(
  peer: "nginx" | "haproxy",
  folder: string,
  backendPort: number,
  load: Load,
): Promise<{ readonly name: string; readonly result: Result } | null> {
  if (!isInstalled(peer)) return null;
  const probe = await probePort("127.0.0.1", 0);
  if (!probe.free) return null;
  const file = join(folder, `${peer}.conf`);
  writeFileSync(
    file,
    peer === "nginx" ? nginxConfig(folder, probe.port, backendPort) : haproxyConfig(probe.port, backendPort),
  );
  const process_ = spawn(peer, peer === "nginx" ? ["-c", file, "-p", folder] : ["-f", file, "-db"], {
    stdio: "ignore",
  });
  try {
    for (let tries = 0; tries < 100 && (await probePort("127.0.0.1", probe.port)).free; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return { name: peer, result: await measure(peer, process_.pid!, probe.port, load) };
  } finally {
    process_.kill();
  }
}

async function measure(label: string, pid: number, port: number, load: Load): Promise<Result> {
  await wrk(port, load.connections, 1); // warm: code compiled, connections kept
  const results: Result[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const before = cpuMs(pid);
    const { requests, ...rest } = await wrk(port, load.connections, SECONDS);
    results.push({ ...rest, cpuUs: ((cpuMs(pid) - before) * 1000) / requests, rssMb: rssMb(pid) });
  }
  results.sort((a, b) => a.cpuUs - b.cpuUs);
  const middle = results[results.length >> 1]!;
  const perSecond = median(results.map(({ requestsPerSecond }) => requestsPerSecond));
  printFigure(
    `${label}: ${perSecond.toFixed(0)} req/s, p50 ${middle.p50}, p99 ${middle.p99}, ${middle.rssMb.toFixed(0)} MB`,
    `${middle.cpuUs.toFixed(1)} µs CPU`,
  );
  return middle;
}

async function wrk(
  port: number,
  connections: number,
  seconds: number,
): Promise<{ requests: number; requestsPerSecond: number; p50: string; p99: string }> {
  const args = [
    "-t1",
    `-c${connections}`,
    `-d${seconds}s`,
    "--latency",
    "-H",
    `Host: ${HOST}`,
    `http://127.0.0.1:${port}/`,
  ];
  const child = spawn("wrk", args);
  let output = "";
  child.stdout.on("data", (chunk) => {
    output += chunk;
  });
  await new Promise((resolve) => child.on("close", resolve));
  if (/Non-2xx/.test(output)) throw new Error(output);
  return {
    requests: Number(/(\d+) requests in/.exec(output)?.[1]),
    requestsPerSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(output)?.[1]),
    p50: /50%\s+(\S+)/.exec(output)?.[1] ?? "?",
    p99: /99%\s+(\S+)/.exec(output)?.[1] ?? "?",
  };
}

function cpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

function rssMb(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;
}

function isInstalled(program: string): boolean {
  return spawnSync("sh", ["-c", `command -v ${program}`]).status === 0;
}

async function firstLine(child: ChildProcess): Promise<string> {
  return await new Promise((resolve, reject) => {
    child.stdout!.once("data", (chunk: Buffer) => resolve(chunk.toString().trim()));
    child.once("error", reject);
    child.once("exit", () => reject(new Error("the backend ended")));
  });
}

/** One process does everything, as ours: no master to leave out of the bill. */
function nginxConfig(folder: string, port: number, backendPort: number): string {
  return `daemon off; master_process off; pid ${folder}/nginx.pid; error_log /dev/null;
events { worker_connections 4096; }
http {
  access_log ${folder}/access.log;
  client_body_temp_path ${folder}; proxy_temp_path ${folder}; fastcgi_temp_path ${folder}; uwsgi_temp_path ${folder}; scgi_temp_path ${folder};
  keepalive_requests 1000000000;
  upstream app { server 127.0.0.1:${backendPort}; keepalive 512; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / { proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; }
  }
}
`;
}

function haproxyConfig(port: number, backendPort: number): string {
  return `global
  nbthread 1
  maxconn 4096
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  option forwardfor
  http-reuse always
frontend in
  bind 127.0.0.1:${port}
  default_backend app
backend app
  server s1 127.0.0.1:${backendPort}
`;
}
