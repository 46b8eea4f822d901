import { statfsSync } from "node:fs";
import type { CcOperator } from "../capi/cloud-controller/index.ts";
import type { BbsClient } from "../diego/bbs/client.ts";
import type { RepClient } from "../diego/rep/index.ts";
import type { GardenClient } from "../garden/client.ts";
import type { AuditListener } from "../identity/uaa/index.ts";
import type { Clock } from "../kit/clock.ts";
import type { Gauge, Metrics } from "../kit/metrics.ts";
import { type Answered, answers } from "../kit/served.ts";
import type { LogCacheClient } from "../logging/log-cache/client.ts";
import { startProcessGauges } from "../logging/metrics/index.ts";
import { type Gorouter, REQUEST_BOUNDS_MS } from "../routing/gorouter/index.ts";
import type { NatsServer } from "../routing/nats-server/index.ts";
import { ingotVersion } from "./version.ts";

/** What is asked before each page. */
export interface MeasuredParts {
  readonly clock: Clock;
  readonly startedAtMs: number;
  readonly stateRoot: string;
  readonly bbs: BbsClient;
  readonly rep: RepClient;
  readonly garden: GardenClient;
  readonly cc: CcOperator;
  readonly gorouter: Gorouter;
  readonly logCache: LogCacheClient;
  readonly logsDropped: () => number;
  readonly nats: Pick<NatsServer, "messageCount" | "connectionCount">;
}

/** Answers of Cloud Controller and UAA, by kind of resource: their number is ours, not the callers'. */
export function measureAnswers(metrics: Metrics): Disposable {
  const requests = metrics.counter("ingot_http_requests_total", "Answers of the APIs.", [
    "system",
    "resource",
    "method",
    "status",
  ]);
  const took = metrics.histogram("ingot_http_request_seconds", "Time to answer.", ["system", "resource"]);
  const listener = (message: unknown): void => {
    const { system, method, route, status, durationMs } = message as Answered;
    const resource = resourceOf(route);
    requests.add({
      system,
      resource,
      method: METHODS.has(method) ? method : "other",
      status: `${Math.floor(status / 100)}xx`,
    });
    took.observe(durationMs / 1000, { system, resource });
  };
  answers.subscribe(listener);
  return { [Symbol.dispose]: () => void answers.unsubscribe(listener) };
}

const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

/** `apps` of `/v3/apps/:guid/env`, `oauth` of `/oauth/token`; `none` where there is no such route. */
export function resourceOf(route: string): string {
  if (route === "" || route.includes("*")) return "none";
  const [first = "", ...more] = route.split("/").filter((word) => word !== "");
  const second = more.find((one) => !/^v\d$/.test(one));
  const word = /^(v\d|internal)$/.test(first) && second !== undefined ? second : first;
  return word === "" ? "root" : word.startsWith(":") ? "none" : word;
}

/** Counts lines of the UAA's audit log. */
export function measureAudit(metrics: Metrics): AuditListener {
  const events = metrics.counter("ingot_uaa_events_total", "Lines of the UAA's audit log.", ["event", "grant"]);
  return (event, grantType) => events.add({ event, grant: grantType === null ? "" : shortGrant(grantType) });
}

/** The last word of `urn:ietf:params:oauth:grant-type:jwt-bearer`. */
function shortGrant(grantType: string): string {
  return grantType.slice(grantType.lastIndexOf(":") + 1);
}

/** Everything that is looked at once per page. Dispose to stop measuring the event loop. */
export function measurePlatform(metrics: Metrics, parts: MeasuredParts): Disposable {
  const info = metrics.gauge("ingot_build_info", "Always 1.", ["version", "node"]);
  const started = metrics.gauge("ingot_start_time_seconds", "When the control plane started, since the epoch.");
  const disk = metrics.gauge("ingot_state_disk_free_bytes", "Free space where the state folder lies.");
  metrics.collect(() => {
    info.set(1, { version: ingotVersion(), node: process.version });
    started.set(parts.startedAtMs / 1000);
    const { bavail, bsize } = statfsSync(parts.stateRoot);
    disk.set(bavail * bsize);
  });
  measureDiego(metrics, parts);
  measureRouter(metrics, parts);
  measureRest(metrics, parts);
  return measureProcess(metrics);
}

function measureDiego(metrics: Metrics, { bbs, rep, garden }: MeasuredParts): void {
  const desired = metrics.gauge("ingot_bbs_desired_instances", "Instances that shall run.", ["domain"]);
  const actual = metrics.gauge("ingot_bbs_actual_lrps", "Instances by state.", ["domain", "state"]);
  const tasks = metrics.gauge("ingot_bbs_tasks", "Tasks, stagings among them, by state.", ["domain", "state"]);
  const fresh = metrics.gauge("ingot_bbs_domain_fresh", "1 while the domain's owner has told all it wants.", [
    "domain",
  ]);
  const capacity = metrics.gauge("ingot_cell_capacity", "What the cell has, and has left.", ["cell", "resource", "of"]);
  const containers = metrics.gauge("ingot_garden_containers", "Containers of this machine.");
  metrics.collect(async (signal) => {
    const lrps = await bbs.desiredLrpSchedulingInfos({}, signal);
    for (const [domain, sum] of sums(lrps.map(({ domain, instances }) => [domain, instances]))) {
      desired.set(sum, { domain });
    }
    const instances = await bbs.actualLrps({}, signal);
    setByState(
      actual,
      instances.map(({ key, state }) => ({ domain: key.domain, state })),
    );
    setByState(tasks, await bbs.tasks({}, signal));
    for (const domain of await bbs.domains(signal)) fresh.set(1, { domain });
  });
  metrics.collect(async (signal) => {
    const { cellId: cell, total, available } = await rep.state(signal);
    for (const [of, { memoryMb, diskMb, containers }] of Object.entries({ total, available })) {
      capacity.set(memoryMb * 1_048_576, { cell, resource: "memory_bytes", of });
      capacity.set(diskMb * 1_048_576, { cell, resource: "disk_bytes", of });
      capacity.set(containers, { cell, resource: "containers", of });
    }
  });
  metrics.collect(async () => containers.set((await garden.list()).length));
}

function measureRouter(metrics: Metrics, { gorouter }: MeasuredParts): void {
  const bounds = REQUEST_BOUNDS_MS.map((ms) => ms / 1000);
  const took = metrics.histogram(
    "ingot_router_request_seconds",
    "From a request to the end of its answer.",
    [],
    bounds,
  );
  const responses = metrics.counter("ingot_router_responses_total", "Answers by kind of status.", ["status"]);
  const badGateways = metrics.counter("ingot_router_bad_gateways_total", "Requests that no instance could answer.");
  const bytes = metrics.counter("ingot_router_sent_bytes_total", "Bytes of answers.");
  const lost = metrics.counter("ingot_router_access_log_dropped_total", "Lines of the access log that nobody fetched.");
  const connections = metrics.gauge("ingot_router_connections", "Open connections.", ["side"]);
  const routes = metrics.gauge("ingot_router_routes", "Routes in the table.");
  const memory = metrics.gauge("ingot_router_resident_bytes", "Memory of the workers.");
  const loop = metrics.gauge("ingot_router_event_loop_p999_seconds", "The worst worker's, since it was last asked.");
  const cpu = metrics.counter("ingot_router_cpu_seconds_total", "CPU time of the workers.");
  metrics.collect(async (signal) => {
    const workers = await gorouter.stats(signal);
    const sum = (of: (worker: (typeof workers)[number]) => number): number =>
      workers.reduce((total, worker) => total + of(worker), 0);
    const counts = REQUEST_BOUNDS_MS.concat(0).map((_, at) => sum(({ durationCounts }) => durationCounts?.[at] ?? 0));
    took.set(counts, sum(({ durationSumMs }) => durationSumMs ?? 0) / 1000);
    for (const status of new Set(workers.flatMap((worker) => Object.keys(worker.responses)))) {
      responses.set(
        sum((worker) => worker.responses[status] ?? 0),
        { status },
      );
    }
    badGateways.set(sum((worker) => worker.badGateways));
    bytes.set(sum(({ bytesSent }) => bytesSent));
    lost.set(sum(({ logsDropped }) => logsDropped));
    connections.set(
      sum(({ clients }) => clients),
      { side: "clients" },
    );
    connections.set(
      sum(({ upstreams }) => upstreams),
      { side: "instances" },
    );
    routes.set(gorouter.routeCount);
    memory.set(sum(({ rssBytes }) => rssBytes));
    cpu.set(sum(({ cpuMs }) => cpuMs) / 1000);
    loop.set(Math.max(0, ...workers.map(({ eventLoopP999Ms }) => eventLoopP999Ms)) / 1000);
  });
}

function measureRest(metrics: Metrics, { cc, logCache, logsDropped, nats }: MeasuredParts): void {
  const jobs = metrics.gauge("ingot_cc_jobs", "Jobs of the Cloud Controller that are kept, by state.", ["state"]);
  const envelopes = metrics.gauge("ingot_log_cache_envelopes", "Envelopes that can be read.");
  const sources = metrics.gauge("ingot_log_cache_sources", "Sources that have some.");
  const expired = metrics.gauge(
    "ingot_log_cache_expired_envelopes",
    "Of those sources, envelopes that made room for others.",
  );
  const dropped = metrics.counter("ingot_log_agent_dropped_total", "Envelopes that came too fast.");
  const messages = metrics.counter("ingot_nats_messages_total", "Messages on the bus.");
  const clients = metrics.gauge("ingot_nats_connections", "Clients over TCP.");
  metrics.collect(async () => {
    for (const [state, count] of Object.entries(await cc.jobs())) jobs.set(count, { state });
  });
  metrics.collect(() => {
    const held = [...logCache.meta().values()];
    envelopes.set(held.reduce((sum, { count }) => sum + count, 0));
    expired.set(held.reduce((sum, source) => sum + source.expired, 0));
    sources.set(held.length);
    dropped.set(logsDropped());
    messages.set(nats.messageCount());
    clients.set(nats.connectionCount());
  });
}

function measureProcess(metrics: Metrics): Disposable {
  const gauges = startProcessGauges(); // its own: each reading begins a new period
  const resident = metrics.gauge("ingot_process_resident_bytes", "Memory of the control plane.");
  const proportional = metrics.gauge("ingot_process_proportional_bytes", "The same, with shared pages divided.");
  const heap = metrics.gauge("ingot_process_heap_bytes", "JavaScript's part of it.");
  const loop = metrics.gauge(
    "ingot_process_event_loop_p999_seconds",
    "What 99.9 % of events waited less than, since the last page.",
  );
  const cpu = metrics.counter("ingot_process_cpu_seconds_total", "CPU time of the control plane.");
  metrics.collect(() => {
    const { rssBytes, pssBytes, heapUsedBytes, eventLoopP999Ms, cpuMs } = gauges.read();
    resident.set(rssBytes);
    proportional.set(pssBytes ?? rssBytes);
    heap.set(heapUsedBytes);
    loop.set(eventLoopP999Ms / 1000);
    cpu.set(cpuMs / 1000);
  });
  return gauges;
}

/** How many there are of each domain in each state. */
function setByState(gauge: Gauge, all: readonly { readonly domain: string; readonly state: string }[]): void {
  for (const [key, count] of sums(all.map(({ domain, state }) => [`${domain} ${state}`, 1]))) {
    const [domain = "", state = ""] = key.split(" ");
    gauge.set(count, { domain, state });
  }
}

function sums(pairs: readonly (readonly [string, number])[]): Map<string, number> {
  const all = new Map<string, number>();
  for (const [key, value] of pairs) all.set(key, (all.get(key) ?? 0) + value);
  return all;
}
