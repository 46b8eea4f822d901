import assert from "node:assert/strict";
import { test } from "node:test";
import { isRefusedAddress } from "./refused-address.ts";

test("the addresses where clouds keep secrets are no brokers, however they are written", () => {
  for (const address of [
    "169.254.169.254",
    "::ffff:169.254.169.254",
    "fe80::1",
    "fd00:ec2::254",
    "100.100.100.200",
    "0.0.0.0",
    "::",
    "224.0.0.1",
    "255.255.255.255",
    "ff02::1",
  ]) {
    assert.equal(isRefusedAddress(address), true, address);
  }
});

test("public, private and loopback addresses may be brokers", () => {
  for (const address of ["127.0.0.1", "::1", "10.0.0.1", "192.168.1.1", "93.184.216.34", "2001:db8::1", "no address"]) {
    assert.equal(isRefusedAddress(address), false, address);
  }
});
