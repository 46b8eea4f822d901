import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { systemSubprocess } from "../../kit/subprocess.ts";
import { runToEnd } from "../lifecycle/testing/staging-bench.ts";
import { packBuildpack, systemBuildpacks } from "./index.ts";

const stripper = { nodePath: process.execPath, subprocess: systemSubprocess() };

const skip = ["/usr/bin/unzip", "/bin/unzip"].some((path) => existsSync(path)) ? false : "unzip is missing";

test("each system buildpack packs into a zip that others can read, always the same", { skip }, async () => {
  const dir = mkdtempSync(join(tmpdir(), "ingot-pack-"));
  try {
    for (const buildpack of systemBuildpacks()) {
      const archive = join(dir, buildpack.filename);
      await packBuildpack(buildpack.folder, archive, stripper, AbortSignal.timeout(60_000));
      await packBuildpack(buildpack.folder, `${archive}.again`, stripper, AbortSignal.timeout(60_000));
      assert.deepEqual(readFileSync(archive), readFileSync(`${archive}.again`));
      const listing = await runToEnd("unzip", ["-Z1", archive]);
      const names = listing.stdout.trim().split("\n");
      for (const name of ["bin/detect", "bin/supply", "bin/finalize", "bin/release", "VERSION"]) {
        assert.ok(names.includes(name), `${buildpack.name}: ${name}`);
      }
      assert.deepEqual(
        names.filter((name) => name.endsWith(".ts") || name.includes(".test.")),
        [],
      );
    }
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});

test("system buildpacks have the names and the order that developers know", () => {
  assert.deepEqual(
    systemBuildpacks().map(({ name, position, stack }) => [name, position, stack]),
    [
      ["staticfile_buildpack", 1, "cflinuxfs4"],
      ["nodejs_buildpack", 2, "cflinuxfs4"],
      ["go_buildpack", 3, "cflinuxfs4"],
      ["python_buildpack", 4, "cflinuxfs4"],
      ["nginx_buildpack", 5, "cflinuxfs4"],
      ["binary_buildpack", 6, "cflinuxfs4"],
    ],
  );
});
