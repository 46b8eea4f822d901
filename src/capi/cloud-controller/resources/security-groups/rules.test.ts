import assert from "node:assert/strict";
import { test } from "node:test";
import { hasLeadingZeros, isIpv4OrCidr, parseIpv4 } from "./ip-address.ts";
import { ruleTexts } from "./rules.ts";

const BAD = "destination must contain valid CIDR(s), IP address(es), or IP address range(s)";
const tcp = { protocol: "tcp", destination: "10.0.0.1", ports: "80" };

for (const [rule, texts] of [
  [tcp, []],
  [{ ...tcp, ports: "80,443" }, []],
  [{ ...tcp, ports: "8000-9000", log: true, description: "web" }, []],
  [{ protocol: "udp", destination: "0.0.0.0/0", ports: "53" }, []],
  [{ protocol: "all", destination: "0.0.0.0-9.255.255.255" }, []],
  [{ protocol: "icmp", destination: "10.0.0.0/8", type: 0, code: -1 }, []],
  ["x", ["must be an object"]],
  [{ ...tcp, foo: 1 }, ['unknown field(s): ["foo"]']],
  [{ ...tcp, protocol: "sctp" }, ["protocol must be 'tcp', 'udp', 'icmp', 'icmpv6' or 'all'"]],
  [
    { protocol: "tcp", destination: "10.0.0.1" },
    [
      "ports are required for protocols of type TCP and UDP",
      "ports must be a valid single port, comma separated list of ports, or range or ports, formatted as a string",
    ],
  ],
  [
    { ...tcp, ports: "9000-8000" },
    ["ports must be a valid single port, comma separated list of ports, or range or ports, formatted as a string"],
  ],
  [
    { ...tcp, ports: "70000" },
    ["ports must be a valid single port, comma separated list of ports, or range or ports, formatted as a string"],
  ],
  [{ ...tcp, destination: 5 }, ["destination must be a string"]],
  [{ ...tcp, destination: "10.0.0.1 " }, ["destination must not contain whitespace"]],
  [{ ...tcp, destination: "10.0.0.1,10.0.1.0/24,10.0.0.7-10.0.0.9" }, []],
  [{ ...tcp, destination: "10.0.0.1,10.0.0.300" }, [BAD]],
  [{ ...tcp, destination: "10.0.0.1,,10.0.0.2" }, ["empty destination specified in comma-delimited list", BAD]],
  [{ ...tcp, destination: "10.0.0.1, 10.0.0.2" }, ["destination must not contain whitespace"]],
  [
    { ...tcp, destination: Array(6_001).fill("10.0.0.1").join() },
    ["maximum destinations per rule exceeded - must be under 6000"],
  ],
  [
    { protocol: "all" },
    ["nil destination; destination must be a comma-delimited list of valid CIDRs, IP addresses, or IP address ranges"],
  ],
  [{ ...tcp, destination: "10.0.0.256" }, [BAD]],
  [{ ...tcp, destination: "10.0.0.0/33" }, [BAD]],
  [{ ...tcp, destination: "010.0.0.1" }, ["destination octets cannot contain leading zeros"]],
  [{ ...tcp, destination: "10.0.0.1-x" }, ["destination IP address range is invalid"]],
  [
    { ...tcp, destination: "10.0.0.2-10.0.0.1" },
    ["beginning of IP address range is numerically greater than the end of its range (range endpoints are inverted)"],
  ],
  [{ protocol: "all", destination: "10.0.0.1", ports: "1" }, ["ports are not allowed for protocols of type all"]],
  [
    { protocol: "icmp", destination: "10.0.0.1", code: 256 },
    [
      "code must be an integer between -1 and 255 (inclusive)",
      "type is required for protocols of type ICMP",
      "type must be an integer between -1 and 255 (inclusive)",
    ],
  ],
  [{ ...tcp, log: "yes" }, ["log must be a boolean"]],
] as const) {
  test(`rule ${JSON.stringify(rule).slice(0, 200)}`, () => {
    assert.deepEqual(
      ruleTexts([tcp, rule]),
      texts.map((text) => `Rules[1]: ${text}`),
    );
  });
}

test("rules are a list", () => assert.deepEqual(ruleTexts({}), ["Rules must be an array"]));

test("addresses are read as four decimal octets", () => {
  assert.equal(parseIpv4("1.2.3.4"), 0x01020304);
  for (const text of ["1.2.3", "1.2.3.4.5", "1.2.3.a", "1.2.3.-4", "", "01.2.3.4"]) assert.equal(parseIpv4(text), null);
  assert.ok(isIpv4OrCidr("0.0.0.0/0"));
  assert.ok(!isIpv4OrCidr("10.0.0.0/8/8"));
  assert.ok(hasLeadingZeros("10.00.0.1"));
});
