import assert from "node:assert/strict";
import { test } from "node:test";
import { foreignForwardDrops } from "./foreign-firewall.ts";

test("a foreign chain that drops forwarded packets is named, ours and harmless ones are not", () => {
  const json = JSON.stringify({
    nftables: [
      { metainfo: { version: "1.0.6" } },
      { chain: { family: "ip", table: "filter", name: "FORWARD", hook: "forward", policy: "drop" } },
      { chain: { family: "ip", table: "filter", name: "DOCKER" } },
      { chain: { family: "inet", table: "ingot_1", name: "forward", hook: "forward", policy: "drop" } },
      { chain: { family: "inet", table: "x", name: "forward", hook: "forward", policy: "accept" } },
    ],
  });
  assert.deepEqual(foreignForwardDrops(json, "ingot_1"), ["ip filter FORWARD"]);
});
