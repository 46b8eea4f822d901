import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { compareVersions, newestMatching, parseRange, parseVersion } from "./version-range.ts";

const fits = (range: string, version: string): boolean => {
  const matches = parseRange(range);
  assert.notEqual(matches, null, `${range} is a range`);
  return matches!(parseVersion(version)!);
};

const yes: [range: string, ...versions: string[]][] = [
  ["", "1.2.3"],
  ["*", "1.2.3"],
  ["x", "0.0.1"],
  ["22", "22.0.0", "22.99.1"],
  ["v22.1", "22.1.0", "22.1.7"],
  ["22.x", "22.5.0"],
  ["22.1.x", "22.1.9"],
  ["=22.1.0", "22.1.0"],
  [">=20", "20.0.0", "26.1.0"],
  ["> 20", "21.0.0"],
  [">20.1", "20.2.0"],
  ["<= 22", "22.9.9"],
  ["<22.1", "22.0.9"],
  [">=18 <23", "22.22.22"],
  [">= 18.0.0, < 23.0.0", "22.1.0"],
  ["^20.19.0 || >=22.12.0", "20.19.1", "23.0.0"],
  ["^0.2.3", "0.2.9"],
  ["^0.0.3", "0.0.3"],
  ["^0", "0.9.0"],
  ["~1.2", "1.2.9"],
  ["~> 1.2.3", "1.2.4"],
  ["~1", "1.9.0"],
  ["1.2 - 2.3", "1.2.0", "2.3.9"],
  ["1.2.3 - 2.3.4", "2.3.4"],
  [">=1.0.0-rc.1", "1.0.0-rc.2", "1.0.0", "2.0.0"],
];
const no: [range: string, ...versions: string[]][] = [
  ["22", "21.9.9", "23.0.0"],
  ["22.1.x", "22.2.0"],
  ["> 20", "20.9.9"],
  [">20.1", "20.1.9"],
  ["<= 22", "23.0.0"],
  ["<22", "22.0.0", "22.0.0-rc.1"],
  ["^0.2.3", "0.3.0", "0.2.2"],
  ["^0.0.3", "0.0.4"],
  ["~1.2", "1.3.0"],
  ["1.2.3 - 2.3.4", "2.3.5"],
  ["^20.19.0 || >=22.12.0", "20.18.0", "21.0.0", "22.11.0"],
  [">=1.0.0", "2.0.0-rc.1"],
  ["*", "1.0.0-alpha"],
  ["<x", "1.0.0"],
];
for (const [range, ...versions] of yes) {
  test(`"${range}" takes ${versions.join(", ")}`, () => {
    for (const version of versions) assert.equal(fits(range, version), true, version);
  });
}
for (const [range, ...versions] of no) {
  test(`"${range}" refuses ${versions.join(", ")}`, () => {
    for (const version of versions) assert.equal(fits(range, version), false, version);
  });
}

test("what is no range gives null, and newestMatching says so", () => {
  for (const text of ["lts", "abc", "1.2.3.4.5", "^", ">= ", "node"]) assert.equal(parseRange(text), null, text);
  assert.throws(() => newestMatching("abc", []), /improper constraint: abc/);
});

test("the newest is found by number, not by text, and prereleases only when named", () => {
  const versions = ["9.9.9", "10.0.0", "10.2.0", "10.10.0", "11.0.0-rc.1", "nonsense"];
  assert.equal(newestMatching("*", versions), "10.10.0");
  assert.equal(newestMatching("^10", versions), "10.10.0");
  assert.equal(newestMatching("^12", versions), null);
});

test("prereleases are ordered as Semantic Versioning says", () => {
  const order = [
    "1.0.0-alpha",
    "1.0.0-alpha.1",
    "1.0.0-alpha.beta",
    "1.0.0-beta",
    "1.0.0-beta.2",
    "1.0.0-beta.11",
    "1.0.0-rc.1",
    "1.0.0",
  ];
  const sorted = [...order].reverse().sort((a, b) => compareVersions(parseVersion(a)!, parseVersion(b)!));
  assert.deepEqual(sorted, order);
});

const number = fc.integer({ min: 0, max: 30 });
const version = fc.tuple(number, number, number);

test("property: caret, tilde and x ranges are what they abbreviate", () => {
  fc.assert(
    fc.property(version, version, ([a, b, c], other) => {
      const text = other.join(".");
      const caretEnd = a > 0 ? `${a + 1}.0.0` : b > 0 ? `0.${b + 1}.0` : `0.0.${c + 1}`;
      assert.equal(fits(`^${a}.${b}.${c}`, text), fits(`>=${a}.${b}.${c} <${caretEnd}`, text));
      assert.equal(fits(`~${a}.${b}.${c}`, text), fits(`>=${a}.${b}.${c} <${a}.${b + 1}.0`, text));
      assert.equal(fits(`${a}.x`, text), fits(`>=${a}.0.0 <${a + 1}.0.0`, text));
      assert.equal(fits(`${a}.${b}`, text), fits(`>=${a}.${b}.0 <${a}.${b + 1}.0`, text));
    }),
  );
});

test("property: order is total and agrees with the ranges", () => {
  fc.assert(
    fc.property(version, version, (left, right) => {
      const [a, b] = [parseVersion(left.join("."))!, parseVersion(right.join("."))!];
      assert.equal(Math.sign(compareVersions(a, b)), -Math.sign(compareVersions(b, a)));
      assert.equal(compareVersions(a, b) < 0, fits(`<${right.join(".")}`, left.join(".")));
    }),
  );
});
