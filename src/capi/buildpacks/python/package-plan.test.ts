import assert from "node:assert/strict";
import { test } from "node:test";
import {
  namesPackage,
  type PythonFiles,
  packageSource,
  requirementsOfPipfileLock,
  withoutIndexes,
} from "./package-plan.ts";

const nothing: PythonFiles = {
  requirementsTxt: false,
  pipfile: false,
  pipfileLock: false,
  uvLock: false,
  poetryLock: false,
  pyproject: false,
  setupPy: false,
  vendor: false,
};

test("requirements.txt comes first, then lock files, then the app itself", () => {
  const all = { ...nothing, requirementsTxt: true, pipfile: true, pipfileLock: true, uvLock: true, pyproject: true };
  assert.equal(packageSource(all), "requirements.txt");
  assert.equal(packageSource({ ...all, requirementsTxt: false }), "Pipfile.lock");
  assert.equal(packageSource({ ...nothing, pipfile: true }), "Pipfile");
  assert.equal(packageSource({ ...nothing, uvLock: true, pyproject: true }), "uv.lock");
  assert.equal(packageSource({ ...nothing, poetryLock: true, pyproject: true }), "poetry.lock");
  assert.equal(packageSource({ ...nothing, pyproject: true, setupPy: true }), "pyproject.toml");
  assert.equal(packageSource({ ...nothing, setupPy: true }), "setup.py");
  assert.equal(packageSource(nothing), "nothing");
});

test("a Pipfile.lock becomes requirements with indexes, extras, markers and hashes", () => {
  const lock = {
    _meta: { sources: [{ url: "https://one/simple" }, { url: "https://$USER@two/simple" }] },
    default: {
      flask: { version: "==3.0", hashes: ["sha256:a", "sha256:b"], markers: "python_version >= '3.8'" },
      celery: { version: "==5", extras: ["redis"], hashes: ["sha256:c"] },
    },
  };
  assert.equal(
    requirementsOfPipfileLock(JSON.stringify(lock)),
    "-i https://one/simple\n--extra-index-url https://${USER}@two/simple\nflask==3.0 ; python_version >= '3.8' --hash=sha256:a --hash=sha256:b\ncelery[redis]==5 --hash=sha256:c\n",
  );
});

test("with a package that has no hash none is written, for pip wants all or none", () => {
  const lock = {
    default: {
      a: { version: "==1", hashes: ["sha256:a"] },
      b: { git: "https://host/b.git", ref: "f00" },
      c: { path: "./c", editable: true },
    },
  };
  assert.equal(requirementsOfPipfileLock(JSON.stringify(lock)), "a==1\nb @ git+https://host/b.git@f00\n-e ./c\n");
});

test("indexes are taken out where packages are vendored", () => {
  const text = "-i https://x\nflask\n  --extra-index-url=https://y\n--find-links z\n";
  assert.equal(withoutIndexes(text).replace(/\n+/g, "\n"), "\nflask\n--find-links z\n");
});

test("a package is found by its name, however it is written", () => {
  assert.equal(namesPackage("Django==5\n", ["django"]), true);
  assert.equal(namesPackage("# django\ndjango-environ\n", ["django"]), false);
  assert.equal(namesPackage("zope.interface[test]>=5", ["zope_interface"]), true);
});
