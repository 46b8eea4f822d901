import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { type TestContext, test } from "node:test";
import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";
import type { DownloadAction } from "../../protocol/action.ts";
import {
  type ExecutorBench,
  eventually,
  executorBench,
  inState,
  lrpRequest,
  runAction,
  runInfo,
  taskRequest,
} from "./testing/executor-bench.ts";

const skip = process.getuid!() === 0 ? false : "not root: files cannot be given to another user";
const URL_OF_DROPLET = "https://cc/droplet";

async function droplet(bytes = 100): Promise<Buffer> {
  const tar = pack();
  tar.entry({ name: "./app/index.js" }, "x".repeat(bytes));
  tar.finalize();
  return gzipSync(await buffer(tar));
}

function download(archive: Buffer, more: Partial<DownloadAction> = {}): DownloadAction {
  const checksumValue = createHash("sha256").update(archive).digest("hex");
  const what = { kind: "download", artifact: "droplet", from: URL_OF_DROPLET, to: ".", user: "vcap" } as const;
  return { ...what, cacheKey: "droplets-p", checksumAlgorithm: "sha256", checksumValue, logSource: "CELL", ...more };
}

async function layeredBench(t: TestContext, archive: Buffer): Promise<ExecutorBench> {
  const bench = await executorBench(t);
  bench.garden.layerIdOffset = 100_000;
  bench.garden.programs.set("/app", async ({ terminated }) => {
    await terminated;
    return 0;
  });
  bench.answers.set(URL_OF_DROPLET, async () => ({ status: 200, body: archive }));
  return bench;
}

const setupOf = (action: DownloadAction) => runInfo({ setup: { kind: "serial", actions: [action] } });

test("instances share one layer; each says what it downloaded, once", { skip }, async (t) => {
  const archive = await droplet();
  const bench = await layeredBench(t, archive);
  await using executor = await bench.start();
  await executor.client.allocate([lrpRequest("i-1"), lrpRequest("i-2")]);
  await executor.client.run("i-1", setupOf(download(archive)));
  await inState(executor, "i-1", "running");
  await executor.client.run("i-2", setupOf(download(archive)));
  await inState(executor, "i-2", "running");
  const [one, two] = ["i-1", "i-2"].map((guid) => bench.garden.containers.get(guid)!);
  assert.deepEqual(one!.spec.layers, two!.spec.layers);
  const [layer] = one!.spec.layers!;
  assert.equal(readFileSync(join(layer!.path, "home/vcap/app/index.js"), "utf8").length, 100);
  assert.equal(one!.files.size, 0, "nothing is streamed in");
  assert.equal(bench.requests.length, 1);
  assert.deepEqual(
    bench.logs().filter((line) => line.includes("droplet")),
    [
      "CELL OUT Downloading droplet...",
      `CELL OUT Downloaded droplet (${archive.length}B)`,
      "CELL OUT Downloading droplet...",
      "CELL OUT Downloaded droplet",
    ],
  );
});

test("a layer stays as long as an instance has it, over a restart of the platform too", { skip }, async (t) => {
  const archive = await droplet();
  const bench = await layeredBench(t, archive);
  const first = await bench.start({ layersBytesMax: 1 });
  await first.client.allocate([lrpRequest("i-1")]);
  await first.client.run("i-1", setupOf(download(archive)));
  await inState(first, "i-1", "running");
  await first[Symbol.asyncDispose]();
  const { path } = bench.garden.containers.get("i-1")!.spec.layers![0]!;
  const second = await bench.start({ layersBytesMax: 1 });
  assert.ok(existsSync(path));
  await second.client.stop("i-1");
  await inState(second, "i-1", "completed");
  await second.client.destroy("i-1");
  await second[Symbol.asyncDispose]();
  await using _ = await bench.start({ layersBytesMax: 1 });
  assert.equal(existsSync(path), false, "the limit counts again");
});

test("what is no decent layer is unpacked in the container as ever: too large, wrong, or no layers here", {
  skip,
}, async (t) => {
  const large = await droplet(3 * 1024 * 1024);
  const bench = await layeredBench(t, large);
  const executor = await bench.start();
  await executor.client.allocate([lrpRequest("large", { diskMb: 2 }), lrpRequest("wrong"), lrpRequest("plain")]);
  await executor.client.run("large", setupOf(download(large)));
  await inState(executor, "large", "running");
  assert.equal(bench.garden.containers.get("large")!.files.size, 1, "its disk decides whether it fits");
  await executor.client.run("wrong", setupOf(download(large, { checksumValue: "ab".repeat(32), cacheKey: "wrong" })));
  const { result } = await inState(executor, "wrong", "completed");
  assert.deepEqual([result.failed, result.failureReason], [true, "Downloading droplet failed"]);
  bench.garden.layerIdOffset = null;
  await executor[Symbol.asyncDispose]();
  await using without = await bench.start();
  await eventually(() => without.client.get("plain") !== null);
  await without.client.run("plain", setupOf(download(large)));
  await inState(without, "plain", "running");
  const plain = bench.garden.containers.get("plain")!;
  assert.deepEqual([plain.spec.layers, plain.files.size], [undefined, 1]);
  assert.equal(readdirSync(join(bench.folder, "layers")).filter((name) => name.includes("part")).length, 0);
});

test("what was staged here is unpacked while it is uploaded", { skip }, async (t) => {
  const archive = await droplet();
  const bench = await layeredBench(t, archive);
  const layers = join(bench.folder, "layers");
  const { checksumValue } = download(archive);
  bench.answers.set("http://uploader/v1/droplet/1", async () => {
    await eventually(() => readdirSync(layers).some((name) => name.startsWith(checksumValue!)), "unpacking has begun");
    return { status: 201, body: Buffer.alloc(0) };
  });
  bench.garden.programs.set("/builder", async ({ container }) => {
    container.files.set("/tmp/droplet", archive);
    return 0;
  });
  await using executor = await bench.start();
  await executor.client.allocate([taskRequest("t-1", "cf-app-staging"), lrpRequest("i-1")]);
  const upload = { kind: "upload", artifact: "droplet", from: "/tmp/droplet", user: "vcap" } as const;
  const actions = [runAction("/builder"), { ...upload, to: "http://uploader/v1/droplet/1" }];
  await executor.client.run("t-1", runInfo({ action: { kind: "serial", actions } }));
  await inState(executor, "t-1", "completed");
  await executor.client.run("i-1", setupOf(download(archive)));
  await inState(executor, "i-1", "running");
  assert.deepEqual(
    bench.requests.map(({ url }) => url),
    ["http://uploader/v1/droplet/1"],
    "nothing is downloaded",
  );
  assert.equal(bench.garden.containers.get("i-1")!.spec.layers?.length, 1);
  await eventually(
    () => !readdirSync(join(bench.folder, "cache")).some((name) => name.endsWith(".upload")),
    "the copy is gone",
  );
});
