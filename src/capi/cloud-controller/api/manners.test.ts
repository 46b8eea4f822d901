import assert from "node:assert/strict";
import { request } from "node:http";
import { after, before, test } from "node:test";
import { gunzipSync } from "node:zlib";
import { TestCc } from "../testing/boot-cc.ts";

let cc: TestCc;

before(async () => {
  const rateLimits = { generalMax: 10, unauthenticatedMax: 2, adminMax: -1, intervalMinutes: 60 };
  cc = await TestCc.boot({}, {}, { rateLimits, corsOrigins: ["https://*.example.com"] });
});
after(() => cc[Symbol.asyncDispose]());

interface Raw {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Buffer;
}

/** As it came over the wire: fetch would unpack it. */
function raw(method: string, path: string, headers: Record<string, string>): Promise<Raw> {
  return new Promise((resolve, reject) => {
    const sent = request(cc.url + path, { method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
      );
    });
    sent.on("error", reject).end();
  });
}

test("a long answer is compressed for who takes that", async () => {
  const plain = await raw("GET", "/v3", {});
  assert.equal(plain.headers["content-encoding"], undefined);
  for (const refuses of ["gzip;q=0", "br"]) {
    assert.equal((await raw("GET", "/v3", { "accept-encoding": refuses })).headers["content-encoding"], undefined);
  }
  const zipped = await raw("GET", "/v3", { "accept-encoding": "br, gzip", origin: "https://a.example.com" });
  assert.equal(zipped.headers["content-encoding"], "gzip");
  assert.equal(zipped.headers["vary"], "Origin, Accept-Encoding");
  assert.deepEqual(gunzipSync(zipped.body), plain.body);
});

test("pages of allowed origins may ask", async () => {
  const origin = "https://a.example.com";
  const asked = await raw("OPTIONS", "/v3/apps", { origin, "access-control-request-method": "GET" });
  assert.equal(asked.status, 200);
  assert.equal(asked.headers["access-control-allow-methods"], "GET,PUT,POST,DELETE");
  const answer = await raw("GET", "/v3/info", { origin });
  assert.equal(answer.headers["access-control-allow-origin"], origin);
  assert.equal((await raw("GET", "/v3/info", { origin: "https://evil.org" })).headers["vary"], undefined);
  assert.equal((await raw("OPTIONS", "/v3/apps", { origin: "https://evil.org" })).status, 404);
});

test("who asks too often waits", async () => {
  const authorization = `bearer ${await cc.token("alice")}`;
  for (let left = 9; left >= 0; left--) {
    const { status, headers } = await raw("GET", "/v3/spaces", { authorization });
    assert.deepEqual([status, headers["x-ratelimit-remaining"]], [200, String(left)]);
  }
  const over = await raw("GET", "/v3/spaces", { authorization });
  assert.equal(over.status, 429);
  assert.equal(JSON.parse(over.body.toString()).errors[0].title, "CF-RateLimitExceeded");
  assert.ok(Number(over.headers["retry-after"]) > 0);
  assert.equal(over.headers["x-ratelimit-limit"], "10");
  const admin = `bearer ${await cc.token("root", ["cloud_controller.admin"])}`;
  assert.equal((await raw("GET", "/v3/spaces", { authorization: admin })).headers["x-ratelimit-limit"], undefined);
  const statuses: number[] = [];
  for (let times = 0; times < 3; times++) {
    statuses.push((await raw("GET", "/v3/spaces", { "x-forwarded-for": "203.0.113.7, 10.0.0.1" })).status);
  }
  assert.deepEqual(statuses, [401, 401, 429]);
});
