import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { GardenError } from "../errors.ts";
import { addressToNumber, chooseSubnet, numberToAddress, parseSubnet } from "./subnet.ts";

test("a block is named by its first address, its gateway is the next one", () => {
  const subnet = parseSubnet("10.254.4.77/22");
  assert.equal(subnet.cidr, "10.254.4.0/22");
  assert.equal(subnet.gateway, "10.254.4.1");
  assert.equal(subnet.size, 1021);
});

test("blocks that are no blocks are refused", () => {
  for (const cidr of ["10.0.0.0", "10.0.0.0/8", "10.0.0.0/30", "fd00::/64", "x/24"]) {
    assert.throws(() => parseSubnet(cidr), GardenError, cidr);
  }
});

test("the chosen block overlaps with no route, wherever the hash begins", () => {
  const taken = ["default", "192.0.2.0/24", "10.254.0.0/18", "10.254.64.0/22", "10.254.200.9"];
  for (let hash = 0; hash < 64; hash++) {
    const subnet = chooseSubnet(hash.toString(16).padStart(8, "0").slice(4).padEnd(8, "0"), taken);
    const first = subnet.network;
    assert.ok(first >= addressToNumber("10.254.68.0"), subnet.cidr);
    assert.ok(
      !(first <= addressToNumber("10.254.200.9") && addressToNumber("10.254.200.9") < first + 1024),
      subnet.cidr,
    );
  }
});

test("when everything is taken, that is said", () => {
  assert.throws(() => chooseSubnet("00000000", ["10.0.0.0/8"]), GardenError);
});

test("property: addresses and numbers are the same thing", () => {
  fc.assert(fc.property(fc.nat(2 ** 32 - 1), (value) => addressToNumber(numberToAddress(value)) === value));
});
