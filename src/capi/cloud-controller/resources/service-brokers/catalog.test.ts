import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { incompatibilities, type KnownCatalog, readCatalog } from "./catalog.ts";
import { formatCatalogErrors, type Json } from "./catalog-errors.ts";
import { schemaTexts } from "./catalog-schema.ts";

const NOTHING: KnownCatalog = { brokerName: "broker", offerings: [], plans: [] };
const PLAN = { id: "p1", name: "small", description: "small one" };
const OFFERING = { id: "o1", name: "db", description: "databases", bindable: true, plans: [PLAN] };

function errorsOf(document: Json, known: KnownCatalog = NOTHING): string {
  return formatCatalogErrors(readCatalog(document, known).errors);
}

function offering(more: object): Json {
  return { services: [{ ...OFFERING, ...more }] };
}

test("a good catalog is read with the defaults that it leaves out", () => {
  const { offerings, errors } = readCatalog(offering({}), NOTHING);
  assert.ok(errors.isEmpty);
  assert.equal(offerings[0]!.planUpdateable, false);
  assert.deepEqual(offerings[0]!.tags, []);
  assert.equal(offerings[0]!.plans[0]!.free, true);
  assert.equal(offerings[0]!.plans[0]!.bindable, null);
});

test("a catalog without services is none", () => {
  const expected = "\nService broker must provide at least one service\n";
  assert.equal(errorsOf({}), expected);
  assert.equal(errorsOf({ services: [] }), expected);
});

test("what is wrong is told service by service, plan by plan, indented", () => {
  const document = offering({
    name: "db",
    bindable: "yes",
    description: 5,
    plans: [{ ...PLAN, free: "no", schemas: { service_instance: { create: { parameters: { type: "object" } } } } }],
  });
  assert.equal(
    errorsOf(document),
    [
      "",
      "Service db",
      "  Service description must be a string, but has value 5",
      '  Service "bindable" field must be a boolean, but has value "yes"',
      "  Plan small",
      '    Plan free must be a boolean, but has value "no"',
      "    Schemas",
      "      Schema service_instance.create.parameters is not valid. Schema must have $schema key but was not present",
      "",
    ].join("\n"),
  );
});

const MISTAKES: readonly (readonly [string, Json, RegExp])[] = [
  ["a missing id", offering({ id: undefined }), /Service id is required/],
  ["a blank name", offering({ name: " " }), /Service name is required/],
  ["a long description", offering({ description: "x".repeat(10_001) }), /may not have more than 10000 characters/],
  [
    "tags that are no strings",
    offering({ tags: [1] }),
    /Service tags must be an array of strings, but has value \[1\]/,
  ],
  [
    "tags without end",
    offering({ tags: ["x".repeat(2049)] }),
    /Tags for the service db must be 2048 characters or less/,
  ],
  ["unknown requires", offering({ requires: ["moon"] }), /Service "requires" field contains unsupported value "moon"/],
  ["metadata that is no object", offering({ metadata: "m" }), /Service metadata must be a hash, but has value "m"/],
  ["a strange shareable", offering({ metadata: { shareable: 1 } }), /Service metadata shareable must be a boolean/],
  ["a dashboard client without id", offering({ dashboard_client: {} }), /Service dashboard client id is required/],
  ["no plans", offering({ plans: [] }), /At least one plan is required/],
  [
    "plans that are no objects",
    offering({ plans: ["p"] }),
    /Service plans list must be an array of hashes, but has value \["p"\]/,
  ],
  [
    "a plan named twice",
    offering({ plans: [PLAN, { ...PLAN, id: "p2" }] }),
    /Service db already has a plan named small/,
  ],
  [
    "a plan id used twice",
    offering({ plans: [PLAN, { ...PLAN, name: "b" }] }),
    /Service db already has a plan with id 'p1'/,
  ],
  [
    "a plan id used by two services",
    { services: [OFFERING, { ...OFFERING, id: "o2", name: "other" }] },
    /Unable to register plan with id 'p1' \(plan name 'small', service name 'other'\) because it uses the same id as another plan in the catalog \(plan name 'small', service name 'db'\)/,
  ],
  [
    "maintenance that is no version",
    offering({ plans: [{ ...PLAN, maintenance_info: { version: "one" } }] }),
    /Maintenance info version must be a Semantic Version, but has value "one"/,
  ],
  [
    "unknown maintenance",
    offering({ plans: [{ ...PLAN, maintenance_info: { version: "1.0.0", when: 1 } }] }),
    /Maintenance info contains invalid key\(s\): when/,
  ],
  [
    "a polling duration that is no number",
    offering({ plans: [{ ...PLAN, maximum_polling_duration: "1" }] }),
    /Maximum polling duration must be an integer, but has value "1"/,
  ],
];
for (const [what, document, text] of MISTAKES) {
  test(`${what} is told`, () => assert.match(errorsOf(document), text));
}

test("services are unique by id, name and dashboard client", () => {
  const client = { id: "c", secret: "s", redirect_uri: "https://example.com" };
  const twice = { ...OFFERING, dashboard_client: client };
  const text = errorsOf({ services: [twice, { ...twice, plans: [{ ...PLAN, id: "p2" }] }] });
  assert.match(text, /^Service ids must be unique$/m);
  assert.match(text, /^Service names must be unique within a broker$/m);
  assert.match(text, /^Service dashboard_client id must be unique$/m);
});

test("a name or a plan id of an offering in use is not given to another one", () => {
  const known: KnownCatalog = {
    brokerName: "b",
    offerings: [{ id: "old", name: "db", hasInstances: true }],
    plans: [{ id: "p1", name: "tiny", offeringId: "old", offeringName: "db" }],
  };
  const text = errorsOf(offering({}), known);
  assert.match(text, /Services with names \["db"\] already exist/);
  assert.match(text, /an existing plan \(plan name 'tiny', service name 'db', broker name 'b'\)/);
});

test("volume services need a platform with support for them", () => {
  const { offerings } = readCatalog(offering({ requires: ["volume_mount"] }), NOTHING);
  assert.ok(incompatibilities(offerings, { volumeServicesEnabled: true }).isEmpty);
  assert.match(
    formatCatalogErrors(incompatibilities(offerings, { volumeServicesEnabled: false })),
    /Service db is declared to be a volume mount service/,
  );
});

test("schemas are held against draft 4 and must not leave themselves", () => {
  const $schema = "http://json-schema.org/draft-04/schema#";
  assert.deepEqual(schemaTexts({ $schema, type: "object", properties: { a: { type: ["string", "null"] } } }), []);
  assert.match(schemaTexts({ $schema, properties: true })[0]!, /'#\/properties' of type boolean did not match/);
  assert.match(schemaTexts({ $schema, properties: { a: { type: "foo" } } })[0]!, /'#\/properties\/a\/type'/);
  assert.deepEqual(schemaTexts({ $schema: "http://example.com/own" }), ["Custom meta schemas are not supported."]);
  assert.match(schemaTexts({ $schema, $ref: "http://example.com/s" })[0]!, /No external references are allowed/);
  assert.deepEqual(schemaTexts({ $schema, description: "x".repeat(70_000) }), ["Must not be larger than 64KB"]);
});

test("property: whatever a broker sends as a catalog is judged and never breaks the reader", () => {
  const anything = fc.anything({ maxDepth: 4, withNullPrototype: false });
  const entry = fc.record(
    {
      id: anything,
      name: anything,
      description: anything,
      bindable: anything,
      tags: anything,
      requires: anything,
      metadata: anything,
      dashboard_client: anything,
      plans: fc.oneof(
        anything,
        fc.array(
          fc.record(
            { id: anything, name: anything, schemas: anything, maintenance_info: anything },
            { requiredKeys: [] },
          ),
          { maxLength: 3 },
        ),
      ),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.oneof(anything, fc.array(fc.oneof(anything, entry), { maxLength: 3 })), (services) => {
      const document = JSON.parse(JSON.stringify({ services: services ?? null })) as Json;
      formatCatalogErrors(readCatalog(document, NOTHING).errors);
    }),
  );
});
