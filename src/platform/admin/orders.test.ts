import assert from "node:assert/strict";
import { test } from "node:test";
import { UaaError } from "../../identity/uaa/index.ts";
import { silentLog } from "../../kit/log.ts";
import { RefusedError } from "../control.ts";
import { carryOut, type OrderParts } from "./orders.ts";

function operated() {
  const done: unknown[] = [];
  const stored: Record<string, string | null> = {};
  const user = { userName: "ann", groups: [] };
  const uaa = {
    createUser: async (one: unknown) => {
      done.push(one);
      return user;
    },
    setUserPassword: async (name: string) => {
      if (name === "nobody") throw new UaaError("scim_resource_not_found", "there is no user nobody");
      done.push(`password of ${name}`);
    },
    changeUserGroups: async (_name: string, changes: object) => {
      done.push(changes);
      return user;
    },
  };
  const store = { change: (changes: Record<string, string | null>) => Object.assign(stored, changes) };
  const parts = { uaa, store, adminUser: "admin", log: silentLog() } as unknown as OrderParts;
  return { done, stored, parts };
}

test("orders that are unknown or malformed are refused with what is wrong", async () => {
  const { parts, done } = operated();
  for (const [name, body] of [
    ["bogus", {}],
    ["__proto__", {}],
    ["users/create", {}],
    ["users/create", null],
    ["users/create", { userName: "x", password: "y", groups: "admin" }],
    ["users/create", { userName: "x", password: "y", more: 1 }],
    ["users/active", { userName: "x", active: "yes" }],
    ["rotate", { what: "everything" }],
    ["check", { repair: true, damaged: ["../../etc"] }],
  ] as const) {
    await assert.rejects(carryOut(parts, name, body), RefusedError, name);
  }
  assert.deepEqual(done, []);
});

test("what the UAA refuses is told in its words", async () => {
  const { parts } = operated();
  const order = carryOut(parts, "users/password", { userName: "nobody", password: "x" });
  await assert.rejects(order, (error) => error instanceof RefusedError && error.message === "there is no user nobody");
});

test("an administrator is one by groups; the first one's password is noted for `ingot login`, others' is not", async () => {
  const { parts, done, stored } = operated();
  await carryOut(parts, "users/create", { userName: "ann", password: "x", admin: true, groups: ["a.b"] });
  assert.deepEqual(done[0], { userName: "ann", email: "ann", password: "x" });
  const { grant } = done[1] as { grant: string[] };
  assert.ok(grant.includes("a.b") && grant.includes("cloud_controller.admin"));
  await carryOut(parts, "users/password", { userName: "ann", password: "new" });
  assert.deepEqual(stored, {});
  await carryOut(parts, "users/password", { userName: "Admin", password: "new" });
  assert.deepEqual(stored, { adminPassword: "new" });
});
