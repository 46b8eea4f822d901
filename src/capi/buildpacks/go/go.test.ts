import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { arch } from "node:os";
import { test } from "node:test";
import { ZipFile } from "yazl";
import {
  anyBuildpack,
  type Ended,
  type FileTree,
  plainEnv,
  runToEnd,
  StagingBench,
  writeTree,
} from "../../lifecycle/testing/staging-bench.ts";
import { addSystemBuildpack } from "../testing/pack-bench.ts";
import { moduleHash } from "./module-hash.ts";

const PLATFORM = `linux-${arch() === "arm64" ? "arm64" : "amd64"}`;
const skip = existsSync("/usr/bin/unzip") ? false : "unzip is missing";

/** Stands for Go: `go list -m` reads go.mod, `go install` makes programs that say how they were built. */
const GO = `#!/bin/sh
if [ "$1" = list ]; then awk '$1 == "module" { print $2 }' go.mod; exit; fi
echo "go ran: $*"
[ -z "$FAIL_WITH" ] || { echo "$FAIL_WITH" >&2; exit 1; }
for last in "$@"; do :; done
[ "$last" = . ] && last=$PWD
name=\${last##*/}
printf '#!/bin/sh\\necho "built in %s with %s, %s, cache %s"\\n' "$PWD" "$GO111MODULE" "$GOFLAGS" "\${GOCACHE##*/}" > "$GOBIN/$name"
chmod 755 "$GOBIN/$name"
`;

/** A module proxy with a checksum database, which has two releases of Go. */
class TinyProxy implements AsyncDisposable {
  readonly asked: string[] = [];
  lies = false;
  isDown = false;
  readonly #server: Server;
  readonly #bench: StagingBench;

  constructor(bench: StagingBench) {
    this.#bench = bench;
    this.#server = createServer((request, response) => {
      const path = request.url!.slice(1);
      this.asked.push(path);
      void this.#answer(path).then(
        (body) => response.writeHead(body === null ? 404 : 200).end(body ?? ""),
        () => response.writeHead(500).end(),
      );
    });
  }

  async listen(): Promise<string> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async #answer(path: string): Promise<Buffer | string | null> {
    if (this.isDown) return null;
    const releases = ["1.21.3", "1.22.5", "1.23rc1"].map((version) => `v0.0.1-go${version}.${PLATFORM}`);
    if (path === "golang.org/toolchain/@v/list") return releases.join("\n");
    const [, version = ""] = /(v0\.0\.1-go[^/]*?)(?:\.zip)?$/.exec(path) ?? [];
    if (!releases.includes(version)) return null;
    const files = { "bin/go": GO, "bin/gofmt": "", "pkg/tool/compile": "", VERSION: version };
    if (path.startsWith("sumdb/")) {
      const folder = this.#bench.path(`hashed-${version}`);
      mkdirSync(folder, { recursive: true });
      writeTree(folder, this.lies ? { ...files, more: "" } : files);
      const hash = await moduleHash(folder, `golang.org/toolchain@${version}`);
      return `1234\ngolang.org/toolchain ${version} ${hash}\ngolang.org/toolchain ${version}/go.mod h1:x=\n\ngo.sum database tree\n`;
    }
    return await moduleZip(version, files);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

async function moduleZip(version: string, files: FileTree): Promise<Buffer> {
  const zip = new ZipFile();
  for (const [name, text] of Object.entries(files)) {
    zip.addBuffer(Buffer.from(text), `golang.org/toolchain@${version}/${name}`, { mode: 0o100644 });
  }
  zip.end();
  const chunks: Buffer[] = [];
  for await (const chunk of zip.outputStream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

interface Setting {
  readonly bench: StagingBench;
  readonly proxy: TinyProxy;
  stage(app: FileTree, env?: NodeJS.ProcessEnv, order?: readonly string[]): Promise<Ended>;
  /** Output of the built program. */
  launch(program: string): Promise<string>;
}

async function withSetting(use: (setting: Setting) => Promise<void>): Promise<void> {
  using bench = await StagingBench.open();
  await using proxy = new TinyProxy(bench);
  const url = await proxy.listen();
  await addSystemBuildpack(bench, "go");
  await use({
    bench,
    proxy,
    stage: async (app, env = {}, order = ["go_buildpack"]) => {
      bench.writeApp(app);
      return await bench.stage(order, order.length > 1 ? ["-skipDetect"] : [], { GOPROXY: `${url},direct`, ...env });
    },
    launch: async (program) => {
      const home = await bench.unpackDroplet();
      return (await runToEnd(`${home}/app/bin/${program}`, [], { env: plainEnv() })).stdout.trim();
    },
  });
}

const MODULE = { "go.mod": "module example.com/team/hello\n\ngo 1.21\n", "main.go": "package main\n" };

test("a module is built with the newest Go of its line, and the droplet holds the program alone", { skip }, () =>
  withSetting(async ({ bench, stage, launch }) => {
    const ended = await stage(MODULE);
    assert.equal(ended.code, 0, ended.stdout + ended.stderr);
    assert.match(ended.stdout, /-----> Installing go 1\.21\.3/);
    assert.match(ended.stdout, /-----> Running: go install -tags cloudfoundry -buildmode pie \./);
    const result = bench.result() as { processes: { type: string; command: string }[] };
    assert.deepEqual(result.processes, [{ type: "web", command: "./bin/hello" }]);
    assert.match(await launch("app"), /with on, -modcacherw -buildvcs=false, cache go-cache/);
    const home = await bench.unpackDroplet();
    assert.equal(existsSync(`${home}/deps/0/go1.21.3`), false);
    assert.equal(readFileSync(`${home}/profile.d/0_go.sh`, "utf8"), "PATH=$PATH:$HOME/bin\n");
  }),
);

test("vendored packages of a module are used, what it names is built, the toolchain stays when asked", { skip }, () =>
  withSetting(async ({ bench, stage, launch }) => {
    const env = { GO_INSTALL_PACKAGE_SPEC: "./cmd/web", GO_INSTALL_TOOLS_IN_IMAGE: "true", GOVERSION: "go1.22" };
    const ended = await stage(
      { ...MODULE, "vendor/modules.txt": "", "buildpack.yml": "go: {ldflags: {main.v: 7}}" },
      env,
    );
    assert.equal(ended.code, 0, ended.stdout + ended.stderr);
    assert.match(ended.stdout, /go ran: install -tags cloudfoundry -buildmode pie -ldflags -X main\.v=7 \.\/cmd\/web/);
    assert.match(await launch("web"), /-mod=vendor -modcacherw/);
    assert.ok(existsSync(`${await bench.unpackDroplet()}/deps/0/go1.22.5/bin/go`));
  }),
);

test("without a module, vendored packages are built below GOPATH by GOPACKAGENAME", { skip }, () =>
  withSetting(async ({ stage, launch }) => {
    const app = { "main.go": "package main\n", "vendor/example.org/x/x.go": "package x\n" };
    const refused = await stage(app);
    assert.match(refused.stdout, /To use go native vendoring set the \$GOPACKAGENAME/);
    const ended = await stage(app, {
      GOPACKAGENAME: "example.com/old",
      GO_LINKER_SYMBOL: "main.x",
      GO_LINKER_VALUE: "y",
    });
    assert.equal(ended.code, 0, ended.stdout + ended.stderr);
    assert.match(await launch("old"), /src\/example\.com\/old with off/);
  }),
);

test("Godeps.json names version, path and packages", { skip }, () =>
  withSetting(async ({ bench, stage }) => {
    const godeps = { ImportPath: "example.com/god", GoVersion: "go1.22", Packages: ["./a"] };
    const ended = await stage({ "Godeps/Godeps.json": JSON.stringify(godeps), "vendor/x/x.go": "", "a/a.go": "" });
    assert.equal(ended.code, 0, ended.stdout + ended.stderr);
    assert.match(ended.stdout, /Installing go 1\.22\.5/);
    assert.deepEqual(bench.result()["process_types"], { web: "./bin/a" });
    assert.match((await stage({ "Godeps/Godeps.json": "{" })).stdout, /Bad Godeps\/Godeps\.json file/);
  }),
);

test("the second staging takes Go from the app's cache, also when the proxy is away", { skip }, () =>
  withSetting(async ({ bench, proxy, stage }) => {
    assert.equal((await stage(MODULE)).code, 0);
    await runToEnd("tar", ["-xzf", bench.path("out", "cache"), "-C", bench.path("cache")]);
    proxy.isDown = true;
    const ended = await stage(MODULE);
    assert.equal(ended.code, 0, ended.stdout + ended.stderr);
    assert.match(ended.stdout, /using a cached version of go/);
    assert.match(ended.stdout, /Copy \[.*v0\.0\.1-go1\.21\.3/);
  }),
);

test("a Go whose checksum is wrong is not used; GOSUMDB=off asks for none", { skip }, () =>
  withSetting(async ({ proxy, stage }) => {
    proxy.lies = true;
    assert.match((await stage(MODULE)).stdout, /checksum mismatch/);
    const ended = await stage(MODULE, { GOSUMDB: "off" });
    assert.equal(ended.code, 0, ended.stdout + ended.stderr);
  }),
);

test("what cannot be built is said: an unknown version, a compiler's error, glide", { skip }, () =>
  withSetting(async ({ stage }) => {
    const unknown = await stage({ ...MODULE, "go.mod": "module m\ngo 1.99\n" });
    assert.match(unknown.stdout, /Unable to determine Go version to install: no match found for 1\.99\.x/);
    assert.notEqual(unknown.code, 0);
    const failed = await stage(MODULE, { FAIL_WITH: "main.go:1: syntax error" });
    assert.match(failed.stderr, /main\.go:1: syntax error/);
    assert.match(failed.stdout, /Unable to compile application: exit status 1/);
    assert.notEqual(failed.code, 0);
  }),
);

test("another buildpack after it finds Go among the dependencies", { skip }, () =>
  withSetting(async ({ bench, stage }) => {
    bench.writeBuildpack("last", anyBuildpack({ "bin/finalize": '#!/bin/sh\n"$3/0/bin/go" version-of-supply\n' }));
    const ended = await stage(MODULE, {}, ["go_buildpack", "last"]);
    assert.match(ended.stdout, /go ran: version-of-supply/, ended.stderr);
  }),
);
