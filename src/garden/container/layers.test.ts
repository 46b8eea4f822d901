import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { GardenError } from "../errors.ts";
import { mountPoints } from "../mount-table.ts";
import { GardenBed, never, shelfLayer, skipReason } from "../test-bed.ts";
import { layerPaths, scratchLimitBytes } from "./layers.ts";

const MB = 1 << 20;

test("layers count against the disk limit, and may not reach it", () => {
  const layers = [
    { path: "/a", bytes: 10 * MB },
    { path: "/b", bytes: 20 * MB },
  ];
  assert.equal(scratchLimitBytes({ layers, diskLimitBytes: 100 * MB }), 70 * MB);
  assert.equal(scratchLimitBytes({ layers, diskLimitBytes: 0 }), 0);
  assert.throws(() => scratchLimitBytes({ layers, diskLimitBytes: 30 * MB }), { kind: "exhausted" });
});

test("a path that would mean something in the mount's options is refused", () => {
  assert.deepEqual(layerPaths({ layers: [{ path: "/fine", bytes: 1 }], diskLimitBytes: 0 }), ["/fine"]);
  for (const path of ["relative", "/a:/etc", "/a,upperdir=/b", "/a\\b", "/a b", "/a\nb"]) {
    assert.throws(() => layerPaths({ layers: [{ path, bytes: 1 }], diskLimitBytes: 0 }), { kind: "invalid" }, path);
  }
});

describe("containers with layers", { skip: skipReason("container") }, () => {
  let bed: GardenBed;
  let layers: { readonly path: string; readonly bytes: number }[];
  before(async () => {
    bed = await GardenBed.start("container");
    const files = { "home/vcap/app/index.js": "original", "home/vcap/app/lib/deep.js": "deep" };
    layers = [{ path: await shelfLayer(bed, "droplet", files), bytes: 40 * MB }];
  });
  after(async () => {
    await bed?.[Symbol.asyncDispose]();
  });

  test("each container writes, deletes and renames for itself; the layer and the others stay as they were", async () => {
    await bed.create("one", { layers });
    await bed.create("two", { layers });
    const script =
      "set -e; echo mine > app/index.js; rm app/lib/deep.js; mv app/lib app/other; ls app; id -un > app/who";
    const one = await bed.shell("one", script);
    assert.deepEqual([one.code, one.stdout, one.stderr], [0, "index.js\nother\n", ""]);
    const two = await bed.shell("two", "cat app/index.js app/lib/deep.js; ls app; stat -c %U:%G . app app/lib/deep.js");
    assert.equal(two.stdout, `originaldeepindex.js\nlib\n${"vcap:vcap\n".repeat(3)}`);
    assert.equal(readFileSync(join(layers[0]!.path, "home/vcap/app/index.js"), "utf8"), "original");
    const devices = await bed.shell("two", "echo new > app/new; stat -c %d app app/index.js app/new | sort -u | wc -l");
    assert.equal(devices.stdout, "1\n", "all files seem to be on one device");
    for (const handle of ["one", "two"]) await bed.client.destroy(handle, never());
    assert.deepEqual(
      (await mountPoints()).filter((path) => path.includes(bed.folder)),
      [],
    );
  });

  test("writing ends at the limit less the layers, and the layers count as used", async () => {
    await bed.create("full", { layers, diskLimitBytes: 72 * MB });
    const output = await bed.shell("full", "head -c 100m /dev/zero > big; stat -c %s big");
    const written = Number(output.stdout);
    assert.ok(written > 31 * MB && written <= 34 * MB, `${written} bytes were written`);
    const metrics = (await bed.client.metrics(["full"])).get("full")!;
    assert.ok(metrics.diskUsageBytes > 71 * MB && metrics.diskUsageBytes <= 76 * MB, `${metrics.diskUsageBytes}`);
    assert.equal(metrics.diskLimitBytes, 72 * MB);
    await bed.client.destroy("full", never());
  });

  test("layers beyond the disk limit make no container and leave nothing", async () => {
    const isExhausted = (error: unknown) => error instanceof GardenError && error.kind === "exhausted";
    await assert.rejects(bed.create("over", { layers, diskLimitBytes: 16 * MB }), isExhausted);
    assert.equal((await bed.client.list()).includes("over"), false);
    await bed.create("over", { layers });
    await bed.client.destroy("over", never());
  });

  test("a container with a layer goes on over a restart of the platform", async () => {
    await bed.create("adopted", { layers });
    await bed.restart();
    assert.equal((await bed.shell("adopted", "cat app/index.js")).stdout, "original");
    await bed.client.destroy("adopted", never());
  });
});
