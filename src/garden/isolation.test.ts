import assert from "node:assert/strict";
import { test } from "node:test";
import { chooseIsolation, type MachineAbilities } from "./isolation.ts";

const everything: MachineAbilities = {
  isRoot: true,
  has: () => true,
  hasCgroups: true,
  hasUserNamespaces: true,
  hasOverlay: true,
};

test("the strongest that works is taken, and what was passed over is said with its reason", () => {
  assert.deepEqual(chooseIsolation("auto", everything), { isolation: "container", passedOver: [] });
  assert.deepEqual(chooseIsolation("auto", { ...everything, isRoot: false }), {
    isolation: "sandbox",
    passedOver: ["no container isolation: not root"],
  });
  assert.deepEqual(chooseIsolation("auto", { ...everything, has: (program) => program === "perl" }), {
    isolation: "process",
    passedOver: [
      "no container isolation: runc is missing, nft is missing, ip is missing, nsenter is missing, mkfs.ext4 is missing, mount is missing",
      "no sandbox isolation: bwrap is missing",
    ],
  });
});

test("one that was asked for is taken or refused, never replaced by a weaker one", () => {
  assert.deepEqual(chooseIsolation("process", everything), { isolation: "process", passedOver: [] });
  assert.deepEqual(chooseIsolation("container", { ...everything, hasCgroups: false }), {
    impossible: "no container isolation: no cgroups with memory and pids",
  });
});
