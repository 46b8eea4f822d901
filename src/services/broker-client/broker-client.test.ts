import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import { systemClock } from "../../kit/clock-system.ts";
import { socketHttpClient } from "../../kit/http-client.ts";
import { systemRandom } from "../../kit/random-system.ts";
import { createBrokerClient } from "./broker-client.ts";
import { type BrokerAccess, type BrokerCall, type BrokerError, type BrokerErrorType, isBrokerError } from "./client.ts";

type Handler = Parameters<typeof createServer>[1] & {};

let server: Server;
let handler: Handler;
let broker: BrokerAccess;
const never = new AbortController().signal;
const clock = systemClock();
const client = createBrokerClient(
  { timeoutMs: 300, bodyBytesMax: 10_000, apiInfoLocation: "api.example.com/v2/info" },
  { http: socketHttpClient(), clock, random: systemRandom() },
);
const call = (more: Partial<BrokerCall> = {}): BrokerCall => ({ broker, userGuid: null, signal: never, ...more });
const instance = { acceptsIncomplete: true, instanceGuid: "i", serviceId: "s", planId: "p" };

before(async () => {
  server = createServer((request, response) => handler(request, response));
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  broker = { url: `http://127.0.0.1:${port}/base/`, username: "me", password: "pa:ss" };
});
after(() => {
  server.closeAllConnections();
  server.close();
});

async function failing(work: Promise<unknown>, name: BrokerErrorType): Promise<BrokerError> {
  try {
    await work;
  } catch (error) {
    assert.ok(isBrokerError(error), String(error));
    assert.equal(error.type, name);
    return error;
  }
  return assert.fail("it worked");
}

test("every request says who asks, in which version, and with which password", async () => {
  let seen: { url?: string | undefined; headers: NodeJS.Dict<string | string[]> } = { headers: {} };
  handler = (request, response) => {
    seen = { url: request.url, headers: request.headers };
    response.end("{}");
  };
  await client.deprovision(call({ userGuid: "user-1" }), instance);
  assert.equal(seen.url, "/base/v2/service_instances/i?accepts_incomplete=true&service_id=s&plan_id=p");
  const { authorization, ...headers } = seen.headers;
  assert.equal(atob(String(authorization).replace("Basic ", "")), "me:pa:ss");
  assert.equal(headers["x-broker-api-version"], "2.17");
  assert.equal(headers["x-api-info-location"], "api.example.com/v2/info");
  assert.match(String(headers["x-broker-api-request-identity"]), /^[0-9a-f-]{36}$/);
  const identity = String(headers["x-broker-api-originating-identity"]);
  assert.deepEqual(JSON.parse(atob(identity.replace("cloudfoundry ", ""))), { user_id: "user-1" });
});

test("a broker that hangs, at the start or in the middle, is given up", async () => {
  handler = () => undefined;
  assert.ok((await failing(client.catalog(call()), "HttpClientTimeout")).leavesOrphan);
  handler = (_request, response) => {
    response.write('{"services": [');
  };
  await failing(client.catalog(call()), "HttpClientTimeout");
});

test("a broker that nobody reaches, one that breaks off and one that says too much", async () => {
  const nobody = { ...broker, url: "http://127.0.0.1:1" };
  const unreachable = await failing(client.catalog(call({ broker: nobody })), "ServiceBrokerApiUnreachable");
  assert.deepEqual([unreachable.responseCode, unreachable.leavesOrphan], [502, false]);
  handler = (_request, response) => {
    response.write("{");
    setImmediate(() => response.destroy());
  };
  await failing(client.catalog(call()), "ServiceBrokerBadResponse");
  handler = (_request, response) => response.end(`{"a":"${"x".repeat(20_000)}"}`);
  await failing(client.catalog(call()), "ServiceBrokerBadResponse");
});

test("redirects are not followed", async () => {
  let asked = 0;
  handler = (_request, response) => {
    asked++;
    response.writeHead(302, { location: "http://169.254.169.254/latest" }).end("{}");
  };
  await failing(client.catalog(call()), "ServiceBrokerBadResponse");
  assert.equal(asked, 1);
});

test("whoever asked may stop asking", async () => {
  handler = () => undefined;
  const stop = new AbortController();
  const asked = client.catalog(call({ signal: stop.signal }));
  stop.abort(new Error("the client went away"));
  await assert.rejects(asked, /the client went away/);
});
