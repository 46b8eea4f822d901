import assert from "node:assert/strict";
import { test } from "node:test";
import { interpolate, type YamlValue } from "./manifest-vars.ts";

const variables = new Map<string, YamlValue>([
  ["name", "dora"],
  ["count", 3],
  ["flag", true],
  ["routes", [{ route: "a.example" }]],
  ["db", { host: "h", port: 5432 }],
  ["v2.x", "exact"],
]);

test("a text that is only a variable takes the value with its type", () => {
  const manifest = { name: "((name))", instances: "((count))", "no-route": "((flag))", routes: "((routes))" };
  assert.deepEqual(interpolate(manifest, variables), {
    name: "dora",
    instances: 3,
    "no-route": true,
    routes: [{ route: "a.example" }],
  });
});

test("inside a text stand texts and numbers; paths reach into mappings; keys are filled in too", () => {
  const manifest = { env: { "((name))_URL": "x://((db.host)):((db.port))/((v2.x))" } };
  assert.deepEqual(interpolate(manifest, variables), { env: { dora_URL: "x://h:5432/exact" } });
});

test("all missing variables are named at once, each once, in order", () => {
  const manifest = { a: "((zeta))", b: ["x((alpha.b))", "((zeta))"], c: "((db.nothing))" };
  assert.throws(() => interpolate(manifest, variables), { message: "Expected to find variables: alpha, db, zeta" });
});

test("a mapping inside a text is refused", () => {
  assert.throws(() => interpolate("x-((db))", variables), /Invalid type 'map'/);
});

test("the value of a variable is not read again for variables", () => {
  const tricky = new Map<string, YamlValue>([["a", "((b))"]]);
  assert.equal(interpolate("((a))", tricky), "((b))");
});
