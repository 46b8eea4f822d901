import assert from "node:assert/strict";
import { test } from "node:test";
import { type DnsZones, decideDnsAnswer } from "./answer.ts";

const zones: DnsZones = {
  domains: ["cf.localhost", "apps.example.com"],
  internalDomains: ["apps.internal"],
  platformAddress: "10.254.0.1",
  internalAddresses: (name) => (name === "backend.apps.internal" ? ["10.254.0.7", "10.254.0.8"] : null),
};

test("every name below a domain of the platform leads to the platform, in any case", () => {
  for (const name of [
    "cf.localhost",
    "api.cf.localhost",
    "hello.apps.cf.localhost.",
    "API.CF.LocalHost",
    "x.apps.example.com",
  ]) {
    assert.deepEqual(decideDnsAnswer(name, "A", zones), { kind: "addresses", addresses: ["10.254.0.1"] }, name);
  }
});

test("names that only look alike are asked elsewhere", () => {
  for (const name of ["evilcf.example.com", "example.com", "apps.example.com.evil.org"]) {
    assert.deepEqual(decideDnsAnswer(name, "A", zones), { kind: "forward" }, name);
  }
});

test("the platform has no IPv6 addresses: the name exists, the answer is empty", () => {
  assert.deepEqual(decideDnsAnswer("api.cf.localhost", "AAAA", zones), { kind: "addresses", addresses: [] });
});

test("other names below localhost are loopback and never leave the machine", () => {
  assert.deepEqual(decideDnsAnswer("other.localhost", "A", zones), { kind: "addresses", addresses: ["127.0.0.1"] });
});

test("internal names are instances' addresses, unknown ones do not exist", () => {
  assert.deepEqual(decideDnsAnswer("backend.apps.internal", "A", zones), {
    kind: "addresses",
    addresses: ["10.254.0.7", "10.254.0.8"],
  });
  assert.deepEqual(decideDnsAnswer("nobody.apps.internal", "A", zones), { kind: "no-such-name" });
});
