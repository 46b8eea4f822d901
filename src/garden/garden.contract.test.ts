import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { after, before, describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import { extract, pack } from "tar-stream";
import type { Isolation } from "./client.ts";
import { GardenError } from "./errors.ts";
import { containerSpec, eventually, GardenBed, never, Output, shelfLayer, shellSpec, skipReason } from "./test-bed.ts";

/** One contract, three ways of keeping containers apart. */
for (const isolation of ["container", "sandbox", "process"] satisfies Isolation[]) {
  describe(`garden with isolation ${isolation}`, { skip: skipReason(isolation) }, () => {
    let bed: GardenBed;
    before(async () => {
      bed = await GardenBed.start(isolation);
    });
    after(async () => {
      await bed?.[Symbol.asyncDispose]();
    });
    const kindIs = (kind: string) => (error: unknown) => error instanceof GardenError && error.kind === kind;

    test("a container is there with what it was created with, until it is destroyed", async () => {
      const info = await bed.create("born", { properties: { owner: "me" }, netIn: [{ containerPort: 8080 }] });
      assert.equal(info.state, "active");
      assert.equal(info.mappedPorts[0]?.containerPort, 8080);
      assert.deepEqual(await bed.client.list({ owner: "me" }), ["born"]);
      assert.deepEqual(await bed.client.list({ owner: "you" }), []);
      await bed.client.setProperty("born", "tag", "x");
      assert.deepEqual((await bed.client.info("born")).properties, { owner: "me", tag: "x" });
      await bed.client.destroy("born", never());
      assert.deepEqual(await bed.client.list({ owner: "me" }), []);
      await assert.rejects(bed.client.info("born"), kindIs("not-found"));
      await bed.client.destroy("born", never());
    });

    test("a handle in use, an unknown stack and a handle that is a path are refused", async () => {
      await bed.create("twice");
      await assert.rejects(bed.create("twice"), kindIs("exists"));
      await assert.rejects(bed.create("other", { rootfs: "preloaded:windows" }), kindIs("no-rootfs"));
      await assert.rejects(bed.create("../up"), kindIs("invalid"));
      assert.equal((await bed.client.list()).includes("other"), false);
      await bed.client.destroy("twice", never());
    });

    test("a process gives its output, its exit code and runs with the wanted environment and folder", async () => {
      await bed.create("run", { environment: [{ name: "FROM", value: "container" }] });
      const env = [
        { name: "GREETING", value: "it's $HOME" },
        { name: "FROM", value: "process" },
      ];
      const output = await bed.shell("run", 'echo "$GREETING $FROM"; echo oops >&2; pwd; exit 7', {
        env,
        dir: "/home/vcap",
      });
      assert.equal(output.code, 7);
      assert.match(output.stdout, /^it's \$HOME process\n.*\/home\/vcap\n$/);
      assert.equal(output.stderr, "oops\n");
      const killed = await bed.shell("run", "kill -9 $$");
      assert.equal(killed.code, 137);
      await bed.client.destroy("run", never());
    });

    test("a program that is not there fails, and its id may be used again", async () => {
      await bed.create("missing");
      const spec = shellSpec("true", { id: "same", path: "/no/such/program" });
      const outcome = await bed.client.run("missing", spec, new Output().io, never()).then(
        (process) => process.wait(),
        (error: GardenError) => error.kind,
      );
      assert.ok(outcome === "failed" || outcome === 127, String(outcome));
      if (outcome === "failed") assert.equal((await bed.shell("missing", "true", { id: "same" })).code, 0);
      await assert.rejects(bed.shell("nowhere", "true"), kindIs("not-found"));
      await bed.client.destroy("missing", never());
    });

    test("TERM lets a process clean up, KILL ends it", async () => {
      await bed.create("signals");
      const output = new Output();
      const script = `trap 'echo bye; exit 3' TERM; echo ready; while :; do sleep 0.05; done`;
      const process = await bed.client.run("signals", shellSpec(script), output.io, never());
      await eventually(() => output.stdout === "ready\n", "the process is ready");
      await process.signal("TERM");
      assert.equal(await process.wait(never()), 3);
      assert.equal(output.stdout, "ready\nbye\n");
      const sleeper = await bed.client.run("signals", shellSpec("exec sleep 60"), output.io, never());
      await sleeper.signal("KILL");
      assert.equal(await sleeper.wait(never()), 137);
      await bed.client.destroy("signals", never());
    });

    test("twenty thousand lines come in order, also to a slow taker", async () => {
      await bed.create("lines");
      let text = "";
      const io = {
        stdout: async (chunk: Uint8Array) => {
          await new Promise((resolve) => setImmediate(resolve));
          text += Buffer.from(chunk).toString();
        },
        stderr: () => undefined,
      };
      const process = await bed.client.run("lines", shellSpec("seq 1 20000"), io, never());
      assert.equal(await process.wait(never()), 0);
      assert.equal(text, Array.from({ length: 20_000 }, (_, index) => `${index + 1}\n`).join(""));
      await bed.client.destroy("lines", never());
    });

    test("files stream in as the user's and out again, plain and compressed", async () => {
      await bed.create("files");
      const archive = await buffer(packed({ "a.txt": "alpha", "deep/b.txt": "beta" }));
      const to = { path: "/home/vcap/app", user: "vcap" };
      await bed.client.streamIn("files", to, Readable.from([archive]), never());
      await bed.client.streamIn(
        "files",
        { path: "/tmp/zipped/", user: "vcap" },
        Readable.from([gzipSync(archive)]),
        never(),
      );
      const seen = await bed.shell("files", 'cat app/a.txt app/deep/b.txt; test -O app/a.txt && echo " mine"', {
        dir: "/home/vcap",
      });
      assert.equal(seen.stdout, "alphabeta mine\n");
      const contents = await unpacked(
        await bed.client.streamOut("files", { path: "/home/vcap/app/", user: "vcap" }, never()),
      );
      assert.deepEqual(contents, { "./a.txt": "alpha", "./deep/b.txt": "beta" });
      const single = await unpacked(
        await bed.client.streamOut("files", { path: "/tmp/zipped/a.txt", user: "vcap" }, never()),
      );
      assert.deepEqual(single, { "a.txt": "alpha" });
      const nothing = await bed.client.streamOut("files", { path: "/home/vcap/none", user: "vcap" }, never());
      await assert.rejects(buffer(nothing), kindIs("failed"));
      await assert.rejects(
        bed.client.streamIn("files", to, Readable.from([Buffer.alloc(2048, "rubbish")]), never()),
        kindIs("failed"),
      );
      await bed.client.destroy("files", never());
    });

    test("a file comes out into a new file of the machine, whole or not at all", async () => {
      await bed.create("copies");
      await bed.shell("copies", "head -c 3000000 /dev/zero | tr '\\0' x > big; ln -s big link; mkfifo pipe");
      const from = (path: string) => ({ path, user: "vcap" });
      const file = join(bed.folder, "copied");
      const to = { file, bytesMax: 3_000_000 };
      assert.equal(await bed.client.copyOut("copies", from("/home/vcap/link"), to, never()), 3_000_000);
      assert.equal(readFileSync(file, "utf8"), "x".repeat(3_000_000));
      assert.equal(statSync(file).mode & 0o777, 0o600);
      const again = bed.client.copyOut("copies", from("big"), to, never());
      await assert.rejects(again, { code: "EEXIST" }, "what is there already is not written to");
      assert.equal(existsSync(file), true);
      const other = (bytesMax: number) => ({ file: join(bed.folder, "other"), bytesMax });
      assert.equal(await bed.client.copyOut("copies", from("big"), other(2_999_999), never()), null);
      await assert.rejects(bed.client.copyOut("copies", from("none"), other(10), never()), kindIs("failed"));
      await assert.rejects(bed.client.copyOut("copies", from("."), other(10), never()), kindIs("failed"));
      const stop = AbortSignal.timeout(300);
      await assert.rejects(bed.client.copyOut("copies", from("pipe"), other(10), stop), { name: "TimeoutError" });
      assert.equal(existsSync(other(0).file), false);
      await bed.client.destroy("copies", never());
    });

    test("a link out of the container leads a stream nowhere outside", async () => {
      await bed.create("links");
      const target = join(bed.folder, "victim.txt");
      const hostile = pack();
      hostile.entry({ name: "door", type: "symlink", linkname: bed.folder });
      hostile.entry({ name: "door/victim.txt" }, "owned");
      hostile.finalize();
      const to = { path: "/home/vcap/app", user: "vcap" };
      if (isolation === "process") return; // nothing but the account's own rights holds it there
      await bed.client.streamIn("links", to, Readable.from([await buffer(hostile)]), never()).catch(() => undefined);
      assert.equal(existsSync(target), false);
      await bed.client.destroy("links", never());
    });

    test("after a restart of the platform processes go on, no line is lost or doubled, the exit code is known", async () => {
      await bed.create("survivor", { properties: { kept: "yes" } });
      const first = new Output();
      const script = 'for i in $(seq 1 40); do echo "line $i"; sleep 0.02; done; exit 5';
      const process = await bed.client.run("survivor", shellSpec(script, { id: "app" }), first.io, never());
      await eventually(() => first.stdout.includes("line 3\n"), "the first lines");
      const stopped = assert.rejects(process.wait(), kindIs("unavailable"));
      await bed.restart();
      await stopped;
      assert.deepEqual(await bed.client.list({ kept: "yes" }), ["survivor"]);
      const second = new Output();
      const again = await bed.client.attach("survivor", "app", second.io, never());
      assert.equal(await again.wait(never()), 5);
      const lines = Array.from({ length: 40 }, (_, index) => `line ${index + 1}\n`).join("");
      assert.equal(first.stdout + second.stdout, lines);
      const ended = await bed.client.attach("survivor", "app", new Output().io, never());
      assert.equal(await ended.wait(never()), 5);
      await assert.rejects(bed.client.attach("survivor", "other", first.io, never()), kindIs("not-found"));
      await bed.client.destroy("survivor", never());
    });

    test("destroying ends the processes and frees whoever waits", async () => {
      await bed.create("doomed");
      const output = new Output();
      const script = 'echo "$$"; (while :; do sleep 1; done) & exec sleep 600';
      const process = await bed.client.run("doomed", shellSpec(script), output.io, never());
      await eventually(() => output.stdout !== "", "the process runs");
      const waited = process.wait().then(
        (code) => code,
        (error: GardenError) => error.kind,
      );
      await bed.client.destroy("doomed", never());
      assert.ok(["not-found", 137].includes((await waited) as string | number), String(await waited));
      await assert.rejects(bed.client.attach("doomed", process.id, output.io, never()), kindIs("not-found"));
    });

    test("a port that the app opens can be dialled, a closed one cannot", async () => {
      await bed.create("server", { netIn: [{ containerPort: 8080 }], environment: [{ name: "PORT", value: "8080" }] });
      assert.equal(await bed.client.dial("server", 8080, 500), false);
      const script = `exec perl -MIO::Socket::INET -e 'my $s = IO::Socket::INET->new(Listen => 5, LocalPort => $ENV{PORT}, ReuseAddr => 1) or die; $s->accept while 1'`;
      await bed.client.run("server", shellSpec(script), new Output().io, never());
      await eventually(() => bed.client.dial("server", 8080, 500), "the port is open");
      await bed.client.destroy("server", never());
    });

    test("metrics count what a container uses", async () => {
      await bed.create("busy");
      await bed.client.run("busy", shellSpec("x=$(seq 1 1500000); exec sleep 60"), new Output().io, never());
      await eventually(async () => {
        const metrics = (await bed.client.metrics(["busy", "nobody"])).get("busy");
        return (
          metrics !== undefined && metrics.cpuUsageNs > 10_000_000n && metrics.memoryUsageBytes > 0 && metrics.pids > 0
        );
      }, "usage is counted");
      await bed.client.destroy("busy", never());
    });

    test("bind mounts show files of the machine", async () => {
      await using other = await GardenBed.start(isolation);
      const source = join(other.folder, "lifecycle");
      const { mkdir, writeFile } = await import("node:fs/promises");
      await mkdir(source);
      await writeFile(join(source, "hello"), "from the machine");
      const bindMounts = ["/tmp/lifecycle", "/etc/cf-system-certificates"].map((destinationPath) => ({
        sourcePath: source,
        destinationPath,
        mode: "ro" as const,
      }));
      await other.create("bound", { bindMounts });
      const output = await other.shell(
        "bound",
        bindMounts.map((mount) => `cat ${mount.destinationPath}/hello`).join("; "),
      );
      assert.equal(output.stdout, "from the machine".repeat(2));
    });

    test("layers lie under what a container writes, or are refused where there are none", async () => {
      const path = await shelfLayer(bed, "contract", { "home/vcap/app/hello": "from the layer" });
      const layers = [{ path, bytes: 4096 }];
      if (bed.client.layerIdOffset === null) {
        await assert.rejects(bed.create("layered", { layers }), kindIs("unavailable"));
        assert.equal((await bed.client.list()).includes("layered"), false);
        return;
      }
      await bed.create("layered", { layers });
      const output = await bed.shell("layered", "cat app/hello; echo changed > app/hello; cat app/hello");
      assert.equal(output.stdout, "from the layerchanged\n");
      assert.equal(readFileSync(join(path, "home/vcap/app/hello"), "utf8"), "from the layer");
      await bed.client.destroy("layered", never());
    });

    test("creating a container that is given up leaves nothing", async () => {
      const stop = AbortSignal.abort(new Error("no longer wanted"));
      await assert.rejects(bed.client.create(containerSpec("unwanted"), stop));
      assert.equal((await bed.client.list()).includes("unwanted"), false);
      await bed.create("unwanted");
      await bed.client.destroy("unwanted", never());
    });
  });
}

function packed(files: Readonly<Record<string, string>>): Readable {
  const archive = pack();
  for (const [name, text] of Object.entries(files)) archive.entry({ name }, text);
  archive.finalize();
  return Readable.from(archive);
}

async function unpacked(stream: Readable): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  const archive = extract();
  archive.on("entry", (header, body, next) => {
    void buffer(body).then((bytes) => {
      if (header.type === "file") files[header.name] = bytes.toString();
      next();
    });
  });
  stream.on("error", (error) => archive.destroy(error)).pipe(archive);
  await once(archive, "finish");
  return files;
}
