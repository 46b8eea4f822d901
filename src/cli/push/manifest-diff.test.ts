import assert from "node:assert/strict";
import { test } from "node:test";
import { stringify } from "yaml";
import { diffLines } from "./manifest-diff.ts";
import type { YamlValue } from "./manifest-vars.ts";

const toYaml = (value: YamlValue): string => stringify(value, { lineWidth: 0, indentSeq: false });
const manifest = { applications: [{ name: "dora", memory: "1G", env: { KEY: "v" }, buildpacks: ["a"] }] };
const shown = (lines: ReturnType<typeof diffLines>): string[] => lines.map(({ sign, text }) => `${sign} ${text}`);

test("without a change the manifest is shown as it is", () => {
  assert.deepEqual(shown(diffLines({ applications: [{ name: "dora" }] }, [], false, toYaml)), [
    "  ---",
    "  applications:",
    "  - name: dora",
  ]);
});

test("replaced, added and removed values are marked in their places", () => {
  const lines = diffLines(
    manifest,
    [
      { op: "replace", path: "/applications/0/memory", was: "256M", value: "1G" },
      { op: "add", path: "/applications/0/env", value: { KEY: "v" } },
      { op: "remove", path: "/applications/0/stack", was: "cflinuxfs4" },
    ],
    false,
    toYaml,
  );
  assert.deepEqual(shown(lines), [
    "  ---",
    "  applications:",
    "  - name: dora",
    "-   memory: 256M",
    "+   memory: 1G",
    "+   env:",
    "+     KEY: v",
    "    buildpacks:",
    "    - a",
    "-   stack: cflinuxfs4",
  ]);
});

test("with --redact-env no value of a variable is shown, whatever changes", () => {
  const secret = { applications: [{ name: "dora", env: { KEY: "s3cret" } }] };
  for (const differences of [
    [],
    [{ op: "add" as const, path: "/applications/0/env/KEY", value: "s3cret" }],
    [{ op: "add" as const, path: "/applications/0/env", value: { KEY: "s3cret" } }],
    [{ op: "replace" as const, path: "/applications/0/name", was: "x", value: "dora" }],
  ]) {
    assert.ok(
      !shown(diffLines(secret, differences, true, toYaml))
        .join("\n")
        .includes("s3cret"),
    );
  }
});
