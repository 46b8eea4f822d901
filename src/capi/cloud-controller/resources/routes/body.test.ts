import assert from "node:assert/strict";
import { test } from "node:test";
import { CcError } from "../../errors.ts";
import { hostTexts, optionTexts, parseDestinations, pathTexts } from "./body.ts";
import { exposedPort } from "./exposed-port.ts";
import { storedOptions } from "./options.ts";

const APP = { app: { guid: "app" } };

function refusal(destinations: unknown, replace = false): string {
  try {
    parseDestinations({ destinations }, replace);
  } catch (error) {
    assert.ok(error instanceof CcError);
    return error.message;
  }
  return "accepted";
}

for (const [host, texts] of [
  ["www", []],
  ["*", []],
  ["", []],
  ["a_b-C1", []],
  ["a.b", ['must be either "*" or contain only alphanumeric characters, "_", or "-"']],
  ["*x", ['must be either "*" or contain only alphanumeric characters, "_", or "-"']],
  ["a".repeat(64), ["is too long (maximum is 63 characters)"]],
  [5, ["must be a string"]],
] as const) {
  test(`host ${String(host).slice(0, 10)}`, () => assert.deepEqual(hostTexts(host), texts));
}

for (const [path, texts] of [
  ["/a/b", []],
  ["", []],
  ["a", ["must begin with /"]],
  ["/", ["cannot be exactly /"]],
  ["/a?b", ["cannot contain ?"]],
  [`/${"a".repeat(128)}`, ["is too long (maximum is 128 characters)"]],
] as const) {
  test(`path ${path.slice(0, 10)}`, () => assert.deepEqual(pathTexts(path), texts));
}

test("a destination names an app; process, port and protocol have defaults", () => {
  assert.deepEqual(parseDestinations({ destinations: [APP] }, false), [
    { appGuid: "app", processType: "web", port: null, weight: null, protocol: null },
  ]);
});

const weighted = (weight: unknown) => ({ ...APP, weight });

for (const [destinations, replace, text] of [
  ["x", false, "Destinations must be an array containing between 1 and 100 destination objects."],
  [[], false, "Destinations must be an array containing between 1 and 100 destination objects."],
  [[], true, "accepted"],
  [Array(101).fill(APP), true, "Destinations must be an array containing between 0 and 100 destination objects."],
  [["x"], false, "Destinations[0]: must be an object."],
  [[{}], false, 'Destinations[0]: must have an "app".'],
  [[{ ...APP, x: 1 }], false, 'Destinations[0]: must have only "app" and optionally "weight", "port" or "protocol".'],
  [[{ app: {} }], false, 'Destinations[0]: app must have the structure {"guid": "app_guid"}'],
  [
    [{ app: { guid: "a", process: {} } }],
    false,
    'Destinations[0]: process must have the structure {"type": "process_type"}',
  ],
  [[{ ...APP, port: 80 }], false, "Destinations[0]: port must be a positive integer between 1024 and 65535 inclusive."],
  [[{ ...APP, protocol: "gopher" }], false, "Destinations[0]: protocol must be 'http1', 'http2' or 'tcp'."],
  [[weighted(5)], false, "Destinations[0]: weighted destinations can only be used when replacing all destinations."],
  [[weighted(0)], true, "Destinations[0]: weight must be a positive integer between 1 and 100."],
  [[weighted(50), APP], true, "Destinations cannot contain both weighted and unweighted destinations."],
  [[weighted(50), { ...weighted(49), port: 9000 }], true, "Destinations must have weights that sum to 100."],
  [[weighted(50), { ...weighted(50), port: 9000 }], true, "accepted"],
  [
    Array.from({ length: 11 }, (_, index) => ({ ...APP, port: 2000 + index })),
    false,
    "Process must have at most 10 exposed ports.",
  ],
] as const) {
  test(`destinations ${JSON.stringify(destinations).slice(0, 50)}: ${text}`, () => {
    assert.equal(refusal(destinations, replace), text);
  });
}

test("route options know their algorithms", () => {
  assert.deepEqual(optionTexts({ loadbalancing: "least-connection" }, false), []);
  assert.deepEqual(optionTexts({ loadbalancing: "hash" }, false), [
    "Loadbalancing must be one of 'round-robin, least-connection' if present",
  ]);
  assert.deepEqual(optionTexts({ loadbalancing: "hash", hash_header: "x", hash_balance: "1.5" }, true), []);
  assert.deepEqual(optionTexts({ hash_balance: "1.05" }, true), [
    "Hash balance must be either 0 or between 1.1 and 10.0",
  ]);
  assert.deepEqual(optionTexts({ nix: 1 }, false), ["Unknown field(s): 'nix'"]);
});

test("options are kept without nulls and parts that do not count", () => {
  assert.deepEqual(storedOptions({ loadbalancing: "round-robin", hash_header: "x" }), { loadbalancing: "round-robin" });
  assert.deepEqual(storedOptions({ loadbalancing: null }), {});
  const hashed = { loadbalancing: "hash", hash_header: "x", hash_balance: "1.25" };
  assert.deepEqual(storedOptions(hashed), { loadbalancing: "hash", hash_header: "x", hash_balance: "1.3" });
  assert.throws(() => storedOptions({ loadbalancing: "hash" }), /Hash header must be present/);
});

test("an image says its port in the droplet's metadata", () => {
  assert.equal(exposedPort('{"ports":[{"Port":53,"Protocol":"udp"},{"Port":3000,"Protocol":"tcp"}]}'), 3000);
  assert.equal(exposedPort(""), null);
  assert.equal(exposedPort("free text"), null);
});

test("a body without destinations is told what they are", () => {
  assert.equal(refusal(undefined), "Destinations must be an array containing between 1 and 100 destination objects.");
});
