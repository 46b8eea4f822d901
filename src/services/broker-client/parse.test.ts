import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type BrokerError, type BrokerErrorType, isBrokerError } from "./client.ts";
import { parseBind, parseDelete, parseFetchBinding, parseLastOperation, parseProvision, parseUpdate } from "./parse.ts";
import type { BrokerReply } from "./reply.ts";

const reply = (status: number, body: object | string = {}, retryAfter: string | null = null): BrokerReply => ({
  status,
  body: typeof body === "string" ? body : JSON.stringify(body),
  retryAfter,
});

function errorOf(parse: () => unknown): BrokerError {
  try {
    parse();
  } catch (error) {
    assert.ok(isBrokerError(error));
    return error;
  }
  return assert.fail("no error");
}

/** [status, body, name, orphan] of a provision. */
const PROVISION: readonly [number, object | string, BrokerErrorType, boolean][] = [
  [200, "<html>", "ServiceBrokerResponseMalformed", false],
  [201, "<html>", "ServiceBrokerResponseMalformed", true],
  [201, "[]", "ServiceBrokerResponseMalformed", true],
  [202, { operation: 5 }, "ServiceBrokerResponseMalformed", true],
  [201, { dashboard_url: {} }, "ServiceBrokerResponseMalformed", true],
  [204, "", "ServiceBrokerBadResponse", true],
  [302, "", "ServiceBrokerBadResponse", true],
  [400, {}, "ServiceBrokerRequestRejected", false],
  [401, {}, "ServiceBrokerApiAuthenticationFailed", false],
  [408, {}, "ServiceBrokerApiTimeout", false],
  [409, {}, "ServiceBrokerConflict", false],
  [410, {}, "ServiceBrokerBadResponse", true],
  [422, {}, "ServiceBrokerBadResponse", true],
  [422, { error: "AsyncRequired" }, "AsyncRequired", false],
  [422, { error: "ConcurrencyError" }, "ConcurrencyError", false],
  [422, { error: "MaintenanceInfoConflict" }, "MaintenanceInfoConflict", false],
  [500, "<html>", "ServiceBrokerBadResponse", true],
];

for (const [status, body, name, orphan] of PROVISION) {
  test(`a provision answered with ${status} ${JSON.stringify(body)} is ${name}`, () => {
    const error = errorOf(() => parseProvision(reply(status, body)));
    assert.deepEqual([error.type, error.leavesOrphan], [name, orphan]);
  });
}

test("texts are the broker's own where it gives one, and cut where they are endless", () => {
  const said = (parse: () => unknown): string => errorOf(parse).message;
  assert.equal(
    said(() => parseProvision(reply(500, { description: "out of disks" }))),
    "Service broker error: out of disks",
  );
  assert.equal(
    said(() => parseProvision(reply(500, "oops"))),
    "The service broker returned an invalid response. Status Code: 500 Internal Server Error, Body: oops",
  );
  assert.equal(
    said(() => parseProvision(reply(404, "oops"))),
    "The service broker rejected the request. Status Code: 404 Not Found, Body: oops",
  );
  assert.equal(
    said(() => parseProvision(reply(201, "oops"))),
    "The service broker returned an invalid response: expected valid JSON object in body, broker returned 'oops'",
  );
  assert.match(
    said(() => parseProvision(reply(500, "x".repeat(20_000)))),
    /^.{8000,8300}truncated due to size/s,
  );
  assert.equal(errorOf(() => parseUpdate(reply(201, { description: "no" }))).type, "ServiceBrokerBadResponse");
  assert.equal(errorOf(() => parseUpdate(reply(422, { description: "no" }))).type, "ServiceBrokerRequestRejected");
});

test("what is gone was deleted", () => {
  assert.equal(parseDelete(reply(410, "<html>")).inProgress, false);
  assert.equal(parseDelete(reply(200)).inProgress, false);
  assert.deepEqual(parseDelete(reply(202, { operation: "o" })).operation, "o");
  assert.equal(errorOf(() => parseDelete(reply(404))).type, "ServiceBrokerRequestRejected");
});

test("a binding holds what its offering requires", () => {
  const mount = {
    device_type: "shared",
    device: { volume_id: "v" },
    mode: "rw",
    container_dir: "/data",
    driver: "nfs",
  };
  const body = { credentials: { a: 1 }, syslog_drain_url: "syslog://x", volume_mounts: [mount] };
  const { details } = parseBind(reply(201, body), ["syslog_drain", "volume_mount"]);
  assert.deepEqual([details.syslogDrainUrl, details.volumeMounts], ["syslog://x", [mount]]);
  const name = (given: object, ...requires: string[]): string =>
    errorOf(() => parseBind(reply(201, given), requires)).type;
  assert.equal(name({ syslog_drain_url: "x" }), "ServiceBrokerInvalidSyslogDrainUrl");
  assert.equal(name({ volume_mounts: [] }), "ServiceBrokerInvalidVolumeMounts");
  assert.equal(name({ volume_mounts: [{ ...mount, mode: "" }] }, "volume_mount"), "ServiceBrokerInvalidVolumeMounts");
  assert.equal(
    name({ volume_mounts: [{ ...mount, device: "x" }] }, "volume_mount"),
    "ServiceBrokerInvalidVolumeMounts",
  );
  assert.equal(name({ credentials: "root" }), "ServiceBrokerResponseMalformed");
  assert.equal(name({ route_service_url: "http://plain" }), "ServiceBrokerBadResponse");
  assert.equal(errorOf(() => parseBind(reply(422, { error: "RequiresApp" }), [])).type, "AppRequired");
});

test("last operations: states, Retry-After, 400 as a failure, 410 as nothing known", () => {
  const create = { type: "create" } as const;
  assert.deepEqual(parseLastOperation(reply(200, { state: "in progress", description: "d" }, "30"), create), {
    state: "in progress",
    description: "d",
    retryAfterMs: 30_000,
    status: 200,
  });
  assert.deepEqual(parseLastOperation(reply(400, "<html>"), create).state, "failed");
  assert.equal(parseLastOperation(reply(410), create).state, "in progress");
  assert.equal(parseLastOperation(reply(410), { type: "delete" }).state, "succeeded");
  assert.equal(
    errorOf(() => parseLastOperation(reply(200, { state: "tired" }), create)).type,
    "ServiceBrokerResponseMalformed",
  );
  assert.equal(errorOf(() => parseLastOperation(reply(500), create)).type, "ServiceBrokerBadResponse");
});

test("property: no answer whatever makes a parser fail otherwise than with a BrokerError", () => {
  const status = fc.oneof(fc.constantFrom(200, 201, 202, 400, 409, 410, 422, 500), fc.integer({ min: 100, max: 599 }));
  const body = fc.oneof(
    fc.string(),
    fc.json(),
    fc.object().map((value) => JSON.stringify(value)),
  );
  const looked = (one: BrokerReply) => parseLastOperation(one, { type: "update" });
  const parsers = [parseProvision, parseUpdate, parseDelete, looked, parseFetchBinding];
  fc.assert(
    fc.property(status, body, fc.option(fc.string()), (code, text, retryAfter) => {
      const given = { status: code, body: text, retryAfter };
      for (const parse of [...parsers, (one: BrokerReply) => parseBind(one, ["syslog_drain"])]) {
        try {
          parse(given);
        } catch (error) {
          assert.ok(isBrokerError(error), String(error));
        }
      }
    }),
  );
});
