import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { EgressRule } from "../../protocol/action.ts";
import { GardenError } from "../errors.ts";
import { egressRules } from "./egress-rules.ts";

test("a rule of each protocol becomes one accept", () => {
  const rules: EgressRule[] = [
    { protocol: "all", destinations: ["0.0.0.0-9.255.255.255"] },
    { protocol: "tcp", destinations: ["10.0.0.0/8", "192.0.2.1"], ports: [443, 80] },
    { protocol: "udp", destinations: ["0.0.0.0/0"], ports: [53] },
    { protocol: "tcp", destinations: ["10.1.1.1"], portRange: { start: 1000, end: 2000 }, log: true },
    { protocol: "icmp", destinations: ["10.2.0.0/16"], icmpInfo: { type: 8, code: 0 } },
    { protocol: "icmp", destinations: [], icmpInfo: { type: -1, code: -1 } },
  ];
  assert.deepEqual(egressRules(rules), [
    "ip daddr { 0.0.0.0-9.255.255.255 } accept",
    "ip daddr { 10.0.0.0/8, 192.0.2.1 } tcp dport { 443, 80 } accept",
    "udp dport { 53 } accept",
    'ip daddr { 10.1.1.1 } tcp dport { 1000-2000 } log prefix "ingot-egress: " accept',
    "ip daddr { 10.2.0.0/16 } meta l4proto icmp icmp type 8 icmp code 0 accept",
    "meta l4proto icmp accept",
  ]);
});

test("a protocol without ports means all of its ports", () => {
  assert.deepEqual(egressRules([{ protocol: "tcp", destinations: ["0.0.0.0/0"] }]), ["meta l4proto tcp accept"]);
});

test("several destinations in one text, as the Cloud Controller hands them on", () => {
  assert.deepEqual(egressRules([{ protocol: "all", destinations: ["10.0.0.1, 10.0.0.2,10.0.1.0/24"] }]), [
    "ip daddr { 10.0.0.1, 10.0.0.2, 10.0.1.0/24 } accept",
  ]);
});

test("a rule for IPv6 alone opens nothing, instead of everything", () => {
  assert.deepEqual(egressRules([{ protocol: "all", destinations: ["::/0"] }]), []);
  assert.deepEqual(egressRules([{ protocol: "icmpv6", destinations: ["0.0.0.0/0"] }]), []);
});

test("what is no address, port or code is refused", () => {
  const wrong: EgressRule[] = [
    { protocol: "tcp", destinations: ["10.0.0.0/33"] },
    { protocol: "tcp", destinations: ["example.com"] },
    { protocol: "tcp", destinations: ["10.0.0.9-10.0.0.1"] },
    { protocol: "tcp", destinations: ["1.2.3.4 } accept; flush ruleset"] },
    { protocol: "tcp", destinations: ["10.0.0.1"], ports: [0] },
    { protocol: "tcp", destinations: ["10.0.0.1"], portRange: { start: 9, end: 8 } },
    { protocol: "icmp", destinations: ["10.0.0.1"], icmpInfo: { type: 256, code: 0 } },
  ];
  for (const rule of wrong) {
    assert.throws(
      () => egressRules([rule]),
      (error: unknown) => error instanceof GardenError && error.kind === "invalid",
      JSON.stringify(rule),
    );
  }
});

test("property: whatever text comes as a destination, nothing of it but digits, dots, slash and dash reaches nft", () => {
  fc.assert(
    fc.property(fc.string(), (destination) => {
      let lines: string[];
      try {
        lines = egressRules([{ protocol: "all", destinations: [destination] }]);
      } catch (error) {
        return error instanceof GardenError;
      }
      return lines.every((line) => /^(ip daddr \{ [\d./, -]+ \} )?accept$/.test(line));
    }),
  );
});
