import assert from "node:assert/strict";
import { test } from "node:test";
import { byteSize, bytesPerSecond, megabytes } from "./bytes.ts";

test("sizes are shown with the unit that leaves the smallest number, one decimal at most", () => {
  const cases: [number, string][] = [
    [0, "0B"],
    [512, "512B"],
    [1024, "1K"],
    [1536, "1.5K"],
    [268_435_456, "256M"],
    [1_610_612_736, "1.5G"],
  ];
  for (const [bytes, shown] of cases) assert.equal(byteSize(bytes), shown);
});

test("limits need a unit of megabytes or more", () => {
  assert.equal(megabytes("256M"), 256);
  assert.equal(megabytes("1G"), 1024);
  assert.equal(megabytes("512mb"), 512);
  assert.equal(megabytes("0M"), 0); // the API says whether that is enough
  for (const wrong of ["256", "12K", "x", "-1M", "1.5G"]) assert.throws(() => megabytes(wrong), /Byte quantity/);
});

test("log rates may be unlimited", () => {
  assert.equal(bytesPerSecond("-1"), -1);
  assert.equal(bytesPerSecond("0"), 0);
  assert.equal(bytesPerSecond("4K"), 4096);
  assert.throws(() => bytesPerSecond("4"), /Byte quantity/);
});
