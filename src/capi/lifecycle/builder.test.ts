import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, readFileSync, symlinkSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { anyBuildpack, plainEnv, runToEnd, StagingBench, writeTree } from "./testing/staging-bench.ts";

const supplying = (changes: Record<string, string> = {}): Record<string, string> =>
  anyBuildpack({
    "bin/supply":
      '#!/bin/sh\necho "supply $4"; mkdir -p "$3/$4/bin"; echo hi > "$3/$4/bin/tool"; echo kept > "$2/kept-$4"\n',
    "bin/finalize": '#!/bin/sh\necho "finalize $4"; echo "echo profile" > "$5/own.sh"; ls "$3"\n',
    ...changes,
  });

test("the first buildpack that detects the app builds it; the others are not asked", async () => {
  using bench = await StagingBench.open();
  bench.writeApp({ "app.sh": "#!/bin/sh\n" });
  bench.writeBuildpack("no", anyBuildpack({ "bin/detect": "#!/bin/sh\nexit 1\n" }));
  bench.writeBuildpack("yes", anyBuildpack());
  bench.writeBuildpack("never", anyBuildpack({ "bin/detect": "#!/bin/sh\necho asked >&2\n" }));
  const ended = await bench.stage(["no", "yes", "never"]);
  assert.equal(ended.code, 0, ended.stderr);
  assert.doesNotMatch(ended.stderr, /asked/);
  assert.deepEqual(bench.result(), {
    lifecycle_metadata: {
      buildpack_key: "yes",
      detected_buildpack: "Any",
      buildpacks: [{ key: "yes", name: "Any" }],
    },
    process_types: { web: "the start command" },
    processes: [{ type: "web", command: "the start command" }],
    execution_metadata: "",
    lifecycle_type: "buildpack",
  });
});

test("the droplet holds app, deps, profile.d, tmp, logs and staging_info.yml", async () => {
  using bench = await StagingBench.open();
  bench.writeApp({ "app.sh": "#!/bin/sh\necho app\n", "a/b.txt": "b" });
  symlinkSync("a/b.txt", bench.path("app", "link"));
  bench.writeBuildpack("one", supplying());
  const ended = await bench.stage(["one"]);
  assert.equal(ended.code, 0, ended.stderr);
  const home = await bench.unpackDroplet();
  const listing = await runToEnd("find", [".", "-mindepth", "1"], { cwd: home });
  assert.deepEqual(listing.stdout.trim().split("\n").sort(), [
    "./app",
    "./app/a",
    "./app/a/b.txt",
    "./app/app.sh",
    "./app/link",
    "./deps",
    "./deps/0",
    "./deps/0/bin",
    "./deps/0/bin/tool",
    "./logs",
    "./profile.d",
    "./profile.d/own.sh",
    "./staging_info.yml",
    "./tmp",
  ]);
  assert.deepEqual(JSON.parse(readFileSync(`${home}/staging_info.yml`, "utf8")), {
    detected_buildpack: "Any",
    start_command: "the start command",
  });
});

test("several chosen buildpacks supply in order, the last one finalizes with all dependencies", async () => {
  using bench = await StagingBench.open();
  bench.writeBuildpack("first", supplying());
  bench.writeBuildpack("second", supplying());
  bench.writeBuildpack("third", supplying());
  const ended = await bench.stage(["first", "second", "third"], ["-skipDetect=true"]);
  assert.equal(ended.code, 0, ended.stderr);
  assert.deepEqual(ended.stdout.trim().split("\n"), ["supply 0", "supply 1", "supply 2", "finalize 2", "0", "1", "2"]);
  const { lifecycle_metadata: metadata } = bench.result() as { lifecycle_metadata: Record<string, unknown> };
  assert.equal(metadata["buildpack_key"], "third");
  assert.equal(metadata["detected_buildpack"], "");
  assert.deepEqual(metadata["buildpacks"], [
    { key: "first", name: "" },
    { key: "second", name: "" },
    { key: "third", name: "" },
  ]);
});

test("a buildpack's config.yml names it in the result, with its settings in staging_info.yml", async () => {
  using bench = await StagingBench.open();
  const config = "name: fancy\nversion: 1.2.3\nconfig:\n  entrypoint_prefix: /bin/prefix\n";
  bench.writeBuildpack("one", supplying({ "bin/supply": `#!/bin/sh\ncat > "$3/$4/config.yml" <<'E'\n${config}E\n` }));
  assert.equal((await bench.stage(["one"])).code, 0);
  const { lifecycle_metadata: metadata } = bench.result() as { lifecycle_metadata: Record<string, unknown> };
  assert.deepEqual(metadata["buildpacks"], [
    { key: "one", name: "fancy", version: "1.2.3", config: { entrypoint_prefix: "/bin/prefix" } },
  ]);
  const info = JSON.parse(readFileSync(`${await bench.unpackDroplet()}/staging_info.yml`, "utf8"));
  assert.deepEqual(info.config, { entrypoint_prefix: "/bin/prefix" });
});

test("Procfile commands replace those of the buildpack, by type", async () => {
  using bench = await StagingBench.open();
  bench.writeApp({ Procfile: "web: from the Procfile\nworker: work --hard\n" });
  bench.writeBuildpack("one", anyBuildpack());
  assert.equal((await bench.stage(["one"])).code, 0);
  assert.deepEqual(bench.result()["process_types"], { web: "from the Procfile", worker: "work --hard" });
});

test("a Procfile that is no mapping fails staging", async () => {
  using bench = await StagingBench.open();
  bench.writeApp({ Procfile: "web" });
  bench.writeBuildpack("one", anyBuildpack());
  const ended = await bench.stage(["one"]);
  assert.equal(ended.code, 1);
  assert.match(ended.stderr, /Failed to read command from Procfile: invalid YAML/);
});

test("launch.yml brings processes and sidecars, and release is not asked then", async () => {
  using bench = await StagingBench.open();
  const launch = [
    "processes:",
    "- {type: web, command: serve}",
    "- type: proxy",
    "  command: run-proxy",
    "  limits: {memory: 32}",
    "  platforms: {cloudfoundry: {sidecar_for: [web]}}",
  ].join("\n");
  bench.writeBuildpack(
    "one",
    supplying({
      "bin/finalize": `#!/bin/sh\ncat > "$3/$4/launch.yml" <<'E'\n${launch}\nE\n`,
      "bin/release": "#!/bin/sh\nexit 1\n",
    }),
  );
  const ended = await bench.stage(["one"]);
  assert.equal(ended.code, 0, ended.stderr);
  assert.deepEqual(bench.result()["processes"], [{ type: "web", command: "serve" }]);
  assert.deepEqual(bench.result()["sidecars"], [
    { name: "proxy", process_types: ["web"], command: "run-proxy", memory: 32 },
  ]);
});

test("an app without a way to start is staged with a warning", async () => {
  using bench = await StagingBench.open();
  bench.writeBuildpack("one", anyBuildpack({ "bin/release": "#!/bin/sh\necho '--- {}'\n" }));
  const ended = await bench.stage(["one"]);
  assert.equal(ended.code, 0, ended.stderr);
  assert.match(
    ended.stderr,
    /No start command specified by buildpack or via Procfile\.\nApp will not start unless a command is provided at runtime\./,
  );
});

test("what a buildpack keeps is in the cache archive; caches of others are dropped", async () => {
  using bench = await StagingBench.open();
  bench.writeBuildpack("one", supplying());
  writeTree(bench.path("cache", "0123456789abcdef"), { old: "x" });
  assert.equal((await bench.stage(["one"])).code, 0);
  const listing = await runToEnd("tar", ["-tzf", bench.path("out", "cache")]);
  assert.deepEqual(listing.stdout.trim().split("\n"), ["./", "./final/", "./final/kept-0"]);
});

const failures: [name: string, files: Record<string, string>, flags: string[], code: number, text: RegExp][] = [
  [
    "no buildpack that detects",
    { "bin/detect": "#!/bin/sh\nexit 1\n" },
    [],
    222,
    /^None of the buildpacks detected a compatible application$/m,
  ],
  [
    "a compile script that fails",
    { "bin/compile": "#!/bin/sh\nexit 7\n" },
    [],
    223,
    /^Failed to compile droplet: Failed to compile droplet: exit status 7$/m,
  ],
  [
    "a finalize script that fails",
    { "bin/supply": "#!/bin/sh\n", "bin/finalize": "#!/bin/sh\nexit 3\n" },
    [],
    223,
    /^Failed to compile droplet: Failed to run finalize script: exit status 3$/m,
  ],
  [
    "the last buildpack's supply script that fails",
    { "bin/supply": "#!/bin/sh\nexit 4\n", "bin/finalize": "#!/bin/sh\n" },
    [],
    223,
    /^Failed to compile droplet: Failed to run all supply scripts: exit status 4$/m,
  ],
  [
    "a release script that fails",
    { "bin/release": "#!/bin/sh\nexit 2\n" },
    [],
    224,
    /^Failed to build droplet release: exit status 2$/m,
  ],
  [
    "a release that prints no YAML",
    { "bin/release": "#!/bin/sh\necho 'a: b: c'\n" },
    [],
    224,
    /^Failed to build droplet release: buildpack's release output invalid/m,
  ],
];
for (const [name, files, flags, code, text] of failures) {
  test(`${name} ends with ${code}`, async () => {
    using bench = await StagingBench.open();
    bench.writeBuildpack("one", anyBuildpack(files));
    const ended = await bench.stage(["one"], flags);
    assert.match(ended.stderr, text);
    assert.equal(ended.code, code);
    assert.equal(existsSync(bench.path("out", "droplet")), false);
  });
}

test("an earlier buildpack's supply script that fails ends with 225", async () => {
  using bench = await StagingBench.open();
  bench.writeBuildpack("first", supplying({ "bin/supply": "#!/bin/sh\nexit 5\n" }));
  bench.writeBuildpack("last", supplying());
  const ended = await bench.stage(["first", "last"], ["-skipDetect"]);
  assert.equal(ended.code, 225);
  assert.match(ended.stderr, /^Failed to run all supply scripts: exit status 5$/m);
});

test("an earlier buildpack that cannot supply ends with 225 before any script runs", async () => {
  using bench = await StagingBench.open();
  bench.writeBuildpack("first", supplying());
  bench.writeBuildpack("old", anyBuildpack());
  bench.writeBuildpack("last", supplying());
  const ended = await bench.stage(["first", "old", "last"], ["-skipDetect"]);
  assert.equal(ended.code, 225);
  assert.equal(ended.stdout, "");
  assert.match(ended.stderr, /does not support multi-buildpack apps/);
});

test("a last buildpack that only compiles gets a warning and no dependency folder", async () => {
  using bench = await StagingBench.open();
  bench.writeBuildpack("first", supplying());
  bench.writeBuildpack("last", anyBuildpack());
  const ended = await bench.stage(["first", "last"], ["-skipDetect"]);
  assert.equal(ended.code, 0);
  assert.match(ended.stderr, /Warning: the last buildpack is not compatible with multi-buildpack apps/);
  const home = await bench.unpackDroplet();
  assert.deepEqual([existsSync(`${home}/deps/0`), existsSync(`${home}/deps/1`)], [true, false]);
});

test("a failed build still tells which buildpacks took part", async () => {
  using bench = await StagingBench.open();
  bench.writeBuildpack("one", anyBuildpack({ "bin/compile": "#!/bin/sh\nexit 1\n" }));
  await bench.stage(["one"]);
  assert.deepEqual(bench.result(), {
    lifecycle_metadata: { buildpack_key: "one", detected_buildpack: "", buildpacks: [{ key: "one", name: "" }] },
    process_types: null,
    execution_metadata: "",
    lifecycle_type: "buildpack",
  });
});

test("a missing order is a usage error", async () => {
  using bench = await StagingBench.open();
  const ended = await bench.stage([]);
  assert.equal(ended.code, 1);
  assert.match(ended.stderr, /missing flag: -buildpackOrder/);
});

test("a broken buildpack does not keep the next one from detecting", async () => {
  using bench = await StagingBench.open();
  bench.writeBuildpack("empty", { "README.md": "nothing here" });
  bench.writeBuildpack("one", anyBuildpack());
  const ended = await bench.stage(["empty", "missing", "one"]);
  assert.equal(ended.code, 0);
  assert.match(ended.stderr, /malformed buildpack does not contain a \/bin dir: empty/);
  assert.match(ended.stderr, /Failed to read buildpack directory '.*' for buildpack '.*'/);
});

test("a buildpack inside the only folder of its archive is found", async () => {
  using bench = await StagingBench.open();
  const nested = Object.entries(anyBuildpack()).map(([name, text]): [string, string] => [
    `buildpack-1.0/${name}`,
    text,
  ]);
  bench.writeBuildpack("one", Object.fromEntries(nested));
  assert.equal((await bench.stage(["one"])).code, 0);
});

test("a buildpack is fetched from a git repository, at a branch", async () => {
  using bench = await StagingBench.open();
  const repository = bench.path("repository");
  writeTree(repository, anyBuildpack());
  const git = async (...args: string[]): Promise<void> => {
    const own = ["-c", "user.email=a@example.com", "-c", "user.name=a", "-c", "init.defaultBranch=main"];
    const ended = await runToEnd("git", [...own, ...args], { cwd: repository, env: plainEnv() });
    assert.equal(ended.code, 0, ended.stderr);
  };
  await git("init", "-q");
  await git("add", "-A");
  await git("commit", "-qm", "one");
  await git("checkout", "-qb", "other");
  writeTree(repository, { "bin/compile": "#!/bin/sh\necho from other\n" });
  await git("commit", "-qam", "two");
  await git("checkout", "-q", "main");
  const ended = await bench.stage([`file://${repository}#other`], ["-skipDetect"]);
  assert.equal(ended.code, 0, ended.stderr);
  assert.match(ended.stdout, /from other/);
});

test("a buildpack is fetched as a zip, through a redirect", async () => {
  using bench = await StagingBench.open();
  writeTree(bench.path("zipped"), anyBuildpack());
  const { ZipFile } = await import("yazl");
  const zip = new ZipFile();
  for (const [name, text] of Object.entries(anyBuildpack())) zip.addBuffer(Buffer.from(text), name, { mode: 0o100755 });
  zip.end();
  const archive = Buffer.concat(await Array.fromAsync(zip.outputStream as AsyncIterable<Buffer>));
  const server = createServer((request, response) => {
    if (request.url === "/buildpack.zip") response.writeHead(302, { location: "/real" }).end();
    else if (request.url === "/real") response.end(archive);
    else response.writeHead(404).end();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const ended = await bench.stage([`${address}/buildpack.zip`], ["-skipDetect"]);
    assert.equal(ended.code, 0, ended.stderr);
    assert.match(ended.stdout, /Downloaded buildpack `http.*buildpack\.zip` \(\d+B\)/);
    const missing = await bench.stage([`${address}/other.zip`], ["-skipDetect"]);
    assert.equal(missing.code, 1);
    assert.match(missing.stderr, /Failed to download buildpack '.*other\.zip': .*404/);
  } finally {
    server.close();
  }
});
