import { request } from "node:http";
import { systemClock } from "../src/kit/clock-system.ts";
import { silentLog } from "../src/kit/log.ts";
import { startAgent } from "../src/logging/agent/index.ts";
import { startLogCache } from "../src/logging/log-cache/index.ts";
import { median, printFigure, timed } from "./_measure.ts";

export const name = "log-cache";
export const about = "logging: envelopes per CPU second from agent to log-cache, memory per line, a full read";

const LINES = 500_000;
const SOURCES = 50;
const LINE_BYTES = 120;
/** The Go log-cache's own store benchmark (BenchmarkStoreWrite: making an envelope and `Put`), measured once on two cores. */
const GO_STORE_WRITE_US = 17.6;

export async function run(): Promise<void> {
  const clock = systemClock();
  const log = silentLog();
  await using cache = await startLogCache(
    { listen: { host: "127.0.0.1", port: 0 }, bytesMax: 1024 ** 3, perSourceMax: LINES },
    { clock, log, authorize: async () => true },
  );
  await using agent = await startAgent(
    {},
    { clock, log, sinks: [{ name: "log-cache", put: (batch) => cache.client.put(batch) }] },
  );
  const tags = Array.from({ length: SOURCES }, (_, at) => ({ source_type: "APP/PROC/WEB", app_name: `app-${at}` }));
  const heapBefore = heapUsed();
  const cpuBefore = process.cpuUsage();
  for (let n = 0; n < LINES; n++) {
    const at = n % SOURCES;
    const payload = Buffer.from(`line ${n} `.padEnd(LINE_BYTES, "x"));
    agent.client.emit({
      kind: "log",
      timestampNs: clock.nowNs(),
      sourceId: `source-${at}`,
      instanceId: "0",
      tags: tags[at]!,
      payload,
      type: "OUT",
    });
    if (n % 1_000 === 999) await new Promise((resolve) => setImmediate(resolve));
  }
  while (held(cache.client.meta()) < LINES - agent.dropped) await new Promise((resolve) => setImmediate(resolve));
  const { user, system } = process.cpuUsage(cpuBefore);
  const us = (user + system) / LINES;
  printFigure("from emit to readable, making the envelope included", `${us.toFixed(2)} µs CPU`);
  printFigure(
    "  envelopes per CPU second",
    (1e6 / us).toFixed(0),
    `${(1e6 / GO_STORE_WRITE_US).toFixed(0)} (Go store)`,
  );
  printFigure("  dropped", String(agent.dropped), "0");
  printFigure(`memory per line of ${LINE_BYTES} bytes`, `${((heapUsed() - heapBefore) / LINES).toFixed(0)} bytes`);
  const reads: number[] = [];
  for (let round = 0; round < 20; round++) {
    reads.push((await timed(() => read(cache.address as { host: string; port: number }))).ms);
  }
  printFigure("HTTP read of 1,000 lines (cf logs --recent)", `${median(reads).toFixed(1)} ms`);
}

function held(meta: ReadonlyMap<string, { readonly count: number }>): number {
  let count = 0;
  for (const source of meta.values()) count += source.count;
  return count;
}

function heapUsed(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

async function read(address: { readonly host: string; readonly port: number }): Promise<void> {
  const path = "/api/v1/read/source-1?limit=1000&descending=true&envelope_types=LOG";
  await new Promise<void>((resolve, reject) => {
    const outgoing = request({ ...address, path, headers: { authorization: "bearer x" } }, (incoming) => {
      incoming.resume();
      incoming.on("end", resolve);
    });
    outgoing.on("error", reject);
    outgoing.end();
  });
}
