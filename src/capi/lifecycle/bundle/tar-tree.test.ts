import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import {
  chmodSync,
  createReadStream,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { createGunzip, gunzipSync } from "node:zlib";
import fc from "fast-check";
import { extract } from "tar-stream";
import { writeArchive } from "./droplet.ts";
import { GzipBlocks } from "./gzip-blocks.ts";
import { paddingOf } from "./tar-header.ts";

function withFolder<T>(use: (dir: string) => T | Promise<T>): () => Promise<T> {
  return async () => {
    const dir = mkdtempSync(join(tmpdir(), "ingot-tar-"));
    try {
      return await use(dir);
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  };
}

/** Every path below a folder with what a tar archive must keep of it. */
function snapshot(dir: string, prefix = ""): string[] {
  return readdirSync(join(dir, prefix))
    .sort()
    .flatMap((name) => {
      const path = prefix === "" ? name : `${prefix}/${name}`;
      const stats = lstatSync(join(dir, path));
      const mode = (stats.mode & 0o7777).toString(8);
      if (stats.isSymbolicLink()) return [`${path} -> ${readlinkSync(join(dir, path))}`];
      if (stats.isDirectory()) return [`${path}/ ${mode}`, ...snapshot(dir, path)];
      const hash = createHash("sha1")
        .update(readFileSync(join(dir, path)))
        .digest("hex");
      return [`${path} ${mode} ${stats.nlink} ${Math.floor(stats.mtimeMs / 1000)} ${hash}`];
    });
}

function untar(archive: string, dir: string): void {
  mkdirSync(dir);
  const tar = spawnSync("tar", ["-xpzf", archive, "-C", dir], { encoding: "utf8" });
  assert.equal(tar.status, 0, tar.stderr);
  assert.equal(tar.stderr, "");
}

test(
  "GNU tar unpacks what was packed: contents, modes, links, times, long and odd names",
  withFolder(async (dir) => {
    const from = join(dir, "from");
    mkdirSync(join(from, "empty"), { recursive: true });
    const deep = join(from, "d".repeat(120), "e".repeat(120), "f".repeat(120));
    mkdirSync(deep, { recursive: true });
    writeFileSync(join(deep, "x"), "deep");
    writeFileSync(join(from, "é ü \n 漢字"), "odd");
    writeFileSync(join(from, "long-".repeat(40)), "long");
    writeFileSync(join(from, "script"), "#!/bin/sh\n");
    chmodSync(join(from, "script"), 0o4755);
    utimesSync(join(from, "script"), 1_000_000_000, 1_000_000_000);
    symlinkSync(`../${"target".repeat(30)}`, join(from, "link"));
    linkSync(join(from, "script"), join(from, "second-name"));
    writeFileSync(join(from, "random"), randomBytes(3_000_001));
    writeFileSync(join(from, "stored.gz"), Buffer.concat([Buffer.from("1f8b0800", "hex"), randomBytes(200_000)]));
    await writeArchive(join(dir, "a.tgz"), [{ path: from, name: "." }], join(dir, "none"));
    untar(join(dir, "a.tgz"), join(dir, "to"));
    assert.deepEqual(snapshot(join(dir, "to")), snapshot(from));
  }),
);

test(
  "Node's own gunzip and tar-stream read the archive to its end",
  withFolder(async (dir) => {
    mkdirSync(join(dir, "from"));
    for (let at = 0; at < 30; at++) writeFileSync(join(dir, "from", `f${at}`), Buffer.alloc(200_000, at));
    await writeArchive(join(dir, "a.tgz"), [{ path: join(dir, "from"), name: "./app" }], join(dir, "none"));
    const entries = createReadStream(join(dir, "a.tgz")).pipe(createGunzip()).pipe(extract());
    const names: string[] = [];
    for await (const entry of entries) {
      names.push(entry.header.name);
      entry.resume();
    }
    assert.equal(names.length, 31);
  }),
);

test(
  "a link into the store of runtimes becomes what it points at, from compressed bytes where there are some",
  withFolder(async (dir) => {
    const store = join(dir, "runtimes", "node-1.0.0");
    mkdirSync(join(store, "bin"), { recursive: true });
    mkdirSync(join(`${store}.gz`, "bin"), { recursive: true });
    const program = randomBytes(1_500_001);
    writeFileSync(join(store, "bin", "node"), program, { mode: 0o755 });
    writeFileSync(join(store, "bin", "other"), "other");
    symlinkSync("node", join(store, "bin", "alias"));
    const gz = new GzipBlocks(join(`${store}.gz`, "bin", "node"), { level: 9, parallel: 2 });
    await gz.write(program);
    await gz.write(Buffer.alloc(paddingOf(program.length)));
    await gz.end();
    mkdirSync(join(dir, "from", "deps"), { recursive: true });
    symlinkSync(store, join(dir, "from", "deps", "node"));
    symlinkSync("/etc/hostname", join(dir, "from", "elsewhere"));
    symlinkSync(join(dir, "runtimes", "missing"), join(dir, "from", "dangling"));
    await writeArchive(join(dir, "a.tgz"), [{ path: join(dir, "from"), name: "." }], join(dir, "runtimes"));
    untar(join(dir, "a.tgz"), join(dir, "to"));
    assert.deepEqual(readFileSync(join(dir, "to", "deps", "node", "bin", "node")), program);
    assert.equal(statSync(join(dir, "to", "deps", "node", "bin", "node")).mode & 0o777, 0o755);
    assert.equal(readFileSync(join(dir, "to", "deps", "node", "bin", "other"), "utf8"), "other");
    assert.equal(readlinkSync(join(dir, "to", "deps", "node", "bin", "alias")), "node");
    assert.equal(readlinkSync(join(dir, "to", "elsewhere")), "/etc/hostname");
    assert.equal(readlinkSync(join(dir, "to", "dangling")), join(dir, "runtimes", "missing"));
  }),
);

test("property: any tree survives packing and unpacking", async () => {
  const name = fc.stringMatching(/^[a-zA-Z0-9 _.é-]{1,140}$/).filter((text) => text !== "." && text !== "..");
  const files = fc.dictionary(
    fc.array(name, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("/")),
    fc.uint8Array(),
  );
  await fc.assert(
    fc.asyncProperty(files, async (tree) => {
      await withFolder(async (dir) => {
        mkdirSync(join(dir, "from"));
        for (const [path, bytes] of Object.entries(tree)) {
          try {
            mkdirSync(dirname(join(dir, "from", path)), { recursive: true });
            writeFileSync(join(dir, "from", path), bytes);
          } catch {
            // a file stands where this one needs a folder
          }
        }
        await writeArchive(join(dir, "a.tgz"), [{ path: join(dir, "from"), name: "." }], "/none");
        untar(join(dir, "a.tgz"), join(dir, "to"));
        assert.deepEqual(snapshot(join(dir, "to")), snapshot(join(dir, "from")));
      })();
    }),
    { numRuns: 25 },
  );
});

test("property: blocks in any sizes and levels give the bytes back in order", async () => {
  const part = fc.record({ size: fc.integer({ min: 0, max: 2_500_000 }), level: fc.constantFrom(0, 1, 6) });
  await fc.assert(
    fc.asyncProperty(fc.array(part, { maxLength: 5 }), async (parts) => {
      await withFolder(async (dir) => {
        const gz = new GzipBlocks(join(dir, "x.gz"), { level: 1, parallel: 3 });
        const all: Buffer[] = [];
        for (const { size, level } of parts) {
          await gz.setLevel(level);
          all.push(Buffer.alloc(size, `${level}${size}`));
          await gz.write(all.at(-1)!);
        }
        await gz.end();
        const bytes = readFileSync(join(dir, "x.gz"));
        assert.deepEqual(bytes.length === 0 ? Buffer.alloc(0) : gunzipSync(bytes), Buffer.concat(all));
      })();
    }),
    { numRuns: 15 },
  );
});
