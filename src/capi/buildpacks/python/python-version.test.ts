import assert from "node:assert/strict";
import { test } from "node:test";
import { newestMatching } from "../stager/version-range.ts";
import { chooseLine, fits, type PythonVersionSources, wantedPython } from "./python-version.ts";

const none: PythonVersionSources = {
  runtimeTxt: undefined,
  pythonVersion: undefined,
  pipfileLock: undefined,
  requiresPython: undefined,
};
const wanted = (sources: Partial<PythonVersionSources>): string | null => wantedPython({ ...none, ...sources });

test("runtime.txt counts before .python-version, Pipfile.lock and pyproject.toml", () => {
  const all = { runtimeTxt: "python-3.9.x\n", pythonVersion: "3.10", pipfileLock: "3.11", requiresPython: ">=3.12" };
  assert.equal(wanted(all), "3.9.x");
  assert.equal(wanted({ ...all, runtimeTxt: undefined }), "3.10.x");
  assert.equal(wanted({ pipfileLock: "3.11", requiresPython: ">=3.12" }), "3.11.x");
  assert.equal(wanted({ requiresPython: ">=3.12" }), ">=3.12.0");
  assert.equal(wanted({}), null);
});

test("versions are understood as people write them", () => {
  assert.equal(wanted({ runtimeTxt: "python-3.11.4\r\n" }), "3.11.4");
  assert.equal(wanted({ runtimeTxt: "3" }), "3.x");
  assert.equal(wanted({ pythonVersion: "# ours\ncpython@3.12\n3.11\n" }), "3.12.x");
  assert.equal(wanted({ pythonVersion: "\n" }), null);
  assert.equal(wanted({ requiresPython: ">= 3.9, <4, !=3.10.1" }), ">=3.9.0 <4.0.0");
  assert.equal(wanted({ requiresPython: "==3.11.*" }), "3.11.x");
  assert.equal(wanted({ requiresPython: "~=3.11" }), ">=3.11.0 <4.0.0");
  assert.equal(wanted({ requiresPython: "~=3.11.2" }), "~3.11.2");
  assert.throws(() => wanted({ runtimeTxt: "pypy" }), /runtime\.txt: no version of Python: pypy/);
  assert.throws(() => wanted({ requiresPython: "new" }), /pyproject\.toml: no version of Python: new/);
});

test("the distribution's own Python is taken when it may fit", () => {
  assert.equal(chooseLine(null, ["3.11", "3.9"]), "3.11");
  assert.equal(chooseLine("3.9.x", ["3.11", "3.9"]), "3.9");
  assert.equal(chooseLine(">=3.10.0 <4.0.0", ["3.11"]), "3.11");
  assert.equal(chooseLine("3.12.x", ["3.11"]), null);
  assert.equal(fits("3.11.4", "3.11.2"), false);
  assert.equal(fits("3.11.x", "3.11.2"), true);
});

test("of all that can be downloaded the newest release is taken", () => {
  assert.equal(newestMatching("3.12.x", ["3.12.3", "3.12.11", "3.12.11", "3.13.0-rc1"]), "3.12.11");
  assert.equal(newestMatching("3.14.x", ["3.12.3"]), null);
});
