import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { silentLog } from "../../../../kit/log.ts";
import { systemRandom } from "../../../../kit/random-system.ts";
import { startBlobstore } from "../../../blobstore/index.ts";
import type { SystemBuildpack } from "../../config.ts";
import { TestCc } from "../../testing/boot-cc.ts";
import { zipOf } from "../../testing/push-flow.ts";
import { until } from "../../testing/services-world.ts";

const system = (name: string, position: number, version = "1"): SystemBuildpack => ({
  name,
  position,
  stack: "cflinuxfs4",
  filename: `${name}-v${version}.zip`,
});

interface Shown {
  readonly guid: string;
  readonly name: string;
  readonly position: number;
  readonly filename: string | null;
  readonly enabled: boolean;
}

test("a platform with more buildpacks puts them at their place and leaves an operator's settings", async () => {
  const folder = await mkdtemp(join(tmpdir(), "ingot-buildpacks-"));
  const archive = join(folder, "archive.zip");
  await writeFile(archive, await zipOf({ "bin/detect": "#!/bin/sh\n" }));
  const blobs = await startBlobstore({ root: join(folder, "blobs") }, { random: systemRandom(), log: silentLog() });
  const more = { systemBuildpacks: [system("first", 1), system("last", 2)] };
  const cc = await TestCc.boot({ blobstore: blobs.client, buildpackArchive: async () => archive }, {}, more);
  try {
    const call = await cc.admin();
    const shown = async (): Promise<Shown[]> => {
      const { body } = await call("GET", "/v3/buildpacks?order_by=position");
      return (body as { resources: Shown[] }).resources;
    };
    const installed = (files: readonly string[]): Promise<void> =>
      until(async () => JSON.stringify((await shown()).map(({ filename }) => filename)) === JSON.stringify(files));
    await installed(["first-v1.zip", "last-v1.zip"]);

    const [, last] = await shown();
    await call("PATCH", `/v3/buildpacks/${last!.guid}`, { enabled: false });
    const body = { name: "own", position: 1 };
    assert.equal((await call("POST", "/v3/buildpacks", body)).status, 201);
    await cc.restart(() => {
      more.systemBuildpacks.splice(0, 2, system("first", 1), system("second", 2), system("last", 3, "2"));
    });
    await until(async () => (await shown()).filter(({ filename }) => filename !== null).length === 3);
    await until(async () => (await shown()).some(({ filename }) => filename === "last-v2.zip"));
    assert.deepEqual(
      (await shown()).map(({ name, position, enabled }) => [name, position, enabled]),
      [
        ["own", 1, true],
        ["first", 2, true],
        ["second", 3, true],
        ["last", 4, false],
      ],
    );
  } finally {
    await cc[Symbol.asyncDispose]();
    await blobs[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  }
});
