import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { request } from "node:http";
import { test } from "node:test";
import { systemClock } from "../../kit/clock-system.ts";
import { silentLog } from "../../kit/log.ts";
import { type LogCache, startLogCache } from "./log-cache.ts";

const clock = systemClock();
const deps = {
  clock,
  log: silentLog(),
  authorize: async (token: string, sourceId: string) => token === "admin" || (token === "dev" && sourceId === "mine"),
};
const anyPort = { host: "127.0.0.1", port: 0 };

test("reads as the real gateway answers: text for int64, base64 for payloads, all fields of the envelope", async () => {
  await using cache = await startLogCache({ listen: anyPort }, deps);
  const head = { sourceId: "mine", instanceId: "0", tags: { source_type: "APP/PROC/WEB" } };
  cache.client.put([
    { ...head, kind: "log", timestampNs: 1700000000000000001n, payload: Buffer.from("hi ✓"), type: "OUT" },
    { ...head, kind: "gauge", timestampNs: 1700000000000000002n, metrics: { cpu: { unit: "percentage", value: 0.5 } } },
  ]);
  const { status, body } = await get(cache, "/api/v1/read/mine?start_time=-6795364578871345152&limit=10", "dev");
  assert.equal(status, 200);
  assert.deepEqual(JSON.parse(body), {
    envelopes: {
      batch: [
        {
          timestamp: "1700000000000000001",
          source_id: "mine",
          instance_id: "0",
          deprecated_tags: {},
          tags: { source_type: "APP/PROC/WEB" },
          log: { payload: Buffer.from("hi ✓").toString("base64"), type: "OUT" },
        },
        {
          timestamp: "1700000000000000002",
          source_id: "mine",
          instance_id: "0",
          deprecated_tags: {},
          tags: { source_type: "APP/PROC/WEB" },
          gauge: { metrics: { cpu: { unit: "percentage", value: 0.5 } } },
        },
      ],
    },
  });
  const logs = await get(cache, "/api/v1/read/mine?envelope_types=LOG&descending=true", "dev");
  assert.equal(JSON.parse(logs.body).envelopes.batch.length, 1);
  const none = await get(cache, "/api/v1/read/mine?start_time=1700000000000000003", "dev");
  assert.deepEqual(JSON.parse(none.body), { envelopes: { batch: [] } });
});

const answers: [path: string, token: string | null, status: number, body: RegExp][] = [
  ["/api/v1/info", null, 200, /^\{"version":"\d+\.\d+\.\d+","vm_uptime":"\d+"\}\n$/],
  ["/api/v1/read/mine", null, 404, /^$/],
  ["/api/v1/read/other", "dev", 404, /^$/],
  ["/api/v1/read/mine", "forged", 404, /^$/],
  ["/api/v1/read/", "admin", 404, /^$/],
  ["/api/v1/read/%E0%A4%A", "admin", 404, /^$/],
  ["/api/v1/meta", null, 404, /^$/],
  ["/elsewhere", "admin", 404, /^$/],
  ["/api/v1/read/mine?limit=abc", "dev", 400, /"code":3,"message":"parsing field \\"limit\\": strconv.ParseInt/],
  ["/api/v1/read/mine?start_time=99999999999999999999", "dev", 400, /value out of range/],
  ["/api/v1/read/mine?envelope_types=NOISE", "dev", 400, /is not a valid value/],
  ["/api/v1/read/mine?descending=maybe", "dev", 400, /ParseBool/],
  ["/api/v1/read/mine?limit=1001", "dev", 500, /"code":2,"message":"limit \(1001\) must be 1000 or less"/],
  ["/api/v1/read/mine?start_time=2&end_time=1", "dev", 500, /must be before EndTime/],
  ["/api/v1/read/mine?name_filter=(", "dev", 500, /valid regular expression/],
];
for (const [path, token, status, body] of answers) {
  test(`${path} with ${token ?? "no token"} gives ${status}`, async () => {
    await using cache = await startLogCache({ listen: anyPort }, deps);
    const answer = await get(cache, path, token);
    assert.equal(answer.status, status);
    assert.match(answer.body, body);
  });
}

test("meta lists what the token may read and nothing else", async () => {
  await using cache = await startLogCache({ listen: anyPort }, deps);
  const line = { kind: "log", instanceId: "0", tags: {}, payload: Buffer.from("x"), type: "OUT" } as const;
  cache.client.put([
    { ...line, sourceId: "mine", timestampNs: 5n },
    { ...line, sourceId: "other", timestampNs: 6n },
  ]);
  assert.deepEqual(JSON.parse((await get(cache, "/api/v1/meta", "dev")).body), {
    meta: { mine: { count: "1", oldestTimestamp: "5", newestTimestamp: "5" } },
  });
  assert.equal(Object.keys(JSON.parse((await get(cache, "/api/v1/meta", "admin")).body).meta).length, 2);
});

test("an authority that fails is a bad gateway, not a leak", async () => {
  const failing = { ...deps, authorize: () => Promise.reject(new Error("down")) };
  await using cache = await startLogCache({ listen: anyPort }, failing);
  assert.equal((await get(cache, "/api/v1/read/mine", "dev")).status, 502);
});

test("listens on a unix socket, also on one that a killed process has left", async () => {
  const folder = await mkdtemp("/tmp/ingot-log-cache-");
  try {
    const listen = { socketPath: `${folder}/log-cache.sock` };
    const first = await startLogCache({ listen }, deps);
    await using second = await startLogCache({ listen }, deps);
    assert.equal((await get(second, "/api/v1/info", null)).status, 200);
    await first[Symbol.asyncDispose]();
  } finally {
    await rm(folder, { recursive: true });
  }
});

async function get(cache: LogCache, path: string, token: string | null): Promise<{ status: number; body: string }> {
  return await new Promise((resolve, reject) => {
    const headers = token === null ? {} : { authorization: `bearer ${token}` };
    const outgoing = request({ ...cache.address!, path, headers, agent: false }, (incoming) => {
      let body = "";
      incoming.setEncoding("utf8");
      incoming.on("data", (text: string) => {
        body += text;
      });
      incoming.on("end", () => resolve({ status: incoming.statusCode!, body }));
    });
    outgoing.on("error", reject);
    outgoing.end();
  });
}
