import assert from "node:assert/strict";
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { runCommand } from "../system/boot-ingot.ts";
import { builtOnce, CACHE } from "./_program.ts";

/**
 * A Go program of a folder beside this file, compiled once together with `go-steps`. Null without a Go that is new enough.
 * @param goMin the oldest that the client library is for; any newer one will do.
 */
export async function goProgram(name: string, goMin: readonly [number, number]): Promise<string | null> {
  const here = join(import.meta.dirname, name);
  const sources = [here, join(import.meta.dirname, "go-steps")].flatMap((folder) =>
    readdirSync(folder)
      .sort()
      .map((file) => join(folder, file)),
  );
  const home = await builtOnce(name, sources, async (home) => {
    const version = await runCommand("go", ["env", "GOVERSION"]).catch(() => null);
    const [, major, minor] = /^go(\d+)\.(\d+)/.exec(version?.stdout ?? "") ?? [];
    if (Number(major) !== goMin[0] || Number(minor) < goMin[1]) return false;
    // Its modules stay with the other installed packages, and are writable so that these can be removed.
    const modules = join(CACHE, "go-modules");
    mkdirSync(modules, { recursive: true });
    const env = {
      ...process.env,
      GOMODCACHE: modules,
      GOCACHE: join(CACHE, "go-build"),
      GOFLAGS: "-modcacherw -buildvcs=false",
      GOTOOLCHAIN: "local",
      CGO_ENABLED: "0",
    };
    const built = await runCommand("go", ["build", "-o", join(home, "program"), "."], env, here);
    assert.equal(built.code, 0, built.output);
    return true;
  });
  return home === null ? null : join(home, "program");
}
