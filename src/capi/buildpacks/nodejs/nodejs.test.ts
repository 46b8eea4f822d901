import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { arch } from "node:os";
import { test } from "node:test";
import {
  type Ended,
  type FileTree,
  plainEnv,
  runToEnd,
  StagingBench,
  writeTree,
} from "../../lifecycle/testing/staging-bench.ts";
import { addSystemBuildpack } from "../testing/pack-bench.ts";

/** A registry on this machine that has a few tiny packages: each a folder of files. */
class TinyRegistry implements AsyncDisposable {
  readonly asked: string[] = [];
  readonly #server: Server;
  readonly #packages = new Map<string, Map<string, Buffer>>();
  corrupt = false;

  constructor() {
    this.#server = createServer((request, response) => {
      const path = decodeURIComponent(request.url ?? "/").slice(1);
      this.asked.push(path);
      const [, name = "", version = ""] = /^((?:@[^/]+\/)?[^/]+)(?:\/(.+))?$/.exec(path) ?? [];
      const versions = this.#packages.get(name);
      if (versions === undefined) return response.writeHead(404).end();
      const describe = (one: string, archive: Buffer) => ({
        name,
        version: one,
        dist: {
          tarball: `${this.url}${name}/${one}.tgz`,
          integrity: `sha512-${createHash("sha512").update(archive).digest("base64")}`,
        },
      });
      if (version === "") {
        const all = [...versions].map(([one, archive]) => [one, describe(one, archive)] as const);
        return response.end(JSON.stringify({ name, versions: Object.fromEntries(all), "dist-tags": {} }));
      }
      const archive = versions.get(version.replace(/\.tgz$/, ""));
      if (archive === undefined) return response.writeHead(404).end();
      if (!version.endsWith(".tgz")) return response.end(JSON.stringify(describe(version, archive)));
      return response.end(this.corrupt ? Buffer.concat([archive, Buffer.from("x")]) : archive);
    });
  }

  async listen(): Promise<void> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  async add(bench: StagingBench, name: string, version: string, files: FileTree): Promise<void> {
    const dir = bench.path("packages", `${name.replace("/", "+")}-${version}`);
    writeTree(`${dir}/package`, files);
    const packed = await runToEnd("tar", ["-czf", `${dir}.tgz`, "-C", dir, "package"]);
    assert.equal(packed.code, 0, packed.stderr);
    const versions = this.#packages.get(name) ?? new Map<string, Buffer>();
    this.#packages.set(name, versions.set(version, readFileSync(`${dir}.tgz`)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

const nodePackage = `node-linux-${arch()}`;
/** A Node of another version: the real one under a name. */
const nodeScript = (version: string): string =>
  `#!/bin/sh\n[ "$1" = --version ] && echo v${version} && exit 0\nexec ${process.execPath} "$@"\n`;
/** Stands for a package manager: tells what it was asked for and makes node_modules. */
const managerScript = (name: string): string => `#!/usr/bin/env node
const { mkdirSync, writeFileSync } = require("node:fs");
if (process.argv[2] === "--version") return console.log("1.22.22");
console.log("${name} ran: " + process.argv.slice(2).join(" "));
if (process.env.FAIL_WITH) { console.error(process.env.FAIL_WITH); process.exit(3); }
if (["ci", "install"].includes(process.argv[2])) {
  mkdirSync("node_modules/dep", { recursive: true });
  writeFileSync("node_modules/dep/index.js", "module.exports = 'dep';");
}
`;

interface Setting {
  readonly bench: StagingBench;
  readonly registry: TinyRegistry;
  stage(app: FileTree, env?: NodeJS.ProcessEnv): Promise<Ended>;
}

/** A staging with a registry; with `store`, the platform has Node 26.10.0 and npm 11.21.2 already. */
async function withSetting(store: boolean, use: (setting: Setting) => Promise<void>): Promise<void> {
  using bench = await StagingBench.open();
  await using registry = new TinyRegistry();
  await registry.listen();
  await addSystemBuildpack(bench, "nodejs");
  const runtimes = bench.path("runtimes");
  mkdirSync(runtimes);
  if (store) {
    writeTree(`${runtimes}/node-26.10.0`, { "bin/node": nodeScript("26.10.0"), LICENSE: "MIT" });
    writeTree(`${runtimes}/npm-11.21.2`, {
      "package.json": "{}",
      "bin/npm-cli.js": managerScript("npm"),
      "bin/npx-cli.js": managerScript("npx"),
    });
  }
  await use({
    bench,
    registry,
    stage: async (app, env = {}) => {
      bench.writeApp(app);
      const own = { INGOT_RUNTIMES: runtimes, NPM_CONFIG_REGISTRY: registry.url };
      return await bench.stage(["nodejs_buildpack"], [], { ...own, ...env });
    },
  });
}

const json = (document: object): string => JSON.stringify(document);
const hello = { "package.json": json({ scripts: { start: "node app.js" } }), "app.js": "" };
const withDeps = (extra: object = {}): string =>
  json({ dependencies: { dep: "1" }, scripts: { start: "node ." }, ...extra });

test("an app without packages gets the platform's Node and npm, and the registry is not asked", async () => {
  await withSetting(true, async ({ bench, registry, stage }) => {
    const ended = await stage(hello);
    assert.equal(ended.code, 0, ended.stdout + ended.stderr);
    assert.deepEqual(registry.asked, []);
    for (const line of [
      "-----> Nodejs Buildpack version 1.0.0",
      "-----> Installing binaries",
      "       engines.node (package.json): unspecified",
      "       engines.npm (package.json): unspecified (use default)",
      "-----> Installing node 26.10.0",
      "       Using default npm version: 11.21.2",
      "-----> Creating runtime environment",
      "       NODE_ENV=production",
      "-----> Building dependencies",
      "       Skipping (no dependencies)",
    ]) {
      assert.ok(ended.stdout.split("\n").includes(line), `${line}\n${ended.stdout}`);
    }
    assert.match(ended.stdout, /\*\*WARNING\*\*.* Node version not specified in package.json or .nvmrc/);
    assert.deepEqual(bench.result()["process_types"], { web: "node app.js" });
    const { lifecycle_metadata: metadata } = bench.result() as { lifecycle_metadata: { buildpacks: object[] } };
    assert.deepEqual(metadata.buildpacks, [{ key: "nodejs_buildpack", name: "nodejs", version: "1.0.0", config: {} }]);
    const home = await bench.unpackDroplet();
    assert.equal(readFileSync(`${home}/deps/0/node/bin/node`, "utf8"), nodeScript("26.10.0"));
    assert.equal(readlinkSync(`${home}/deps/0/bin/node`), "../node/bin/node");
    assert.equal(existsSync(`${home}/deps/0/node/lib/node_modules/npm/bin/npm-cli.js`), true);
  });
});

test("the staged app starts with its environment", async () => {
  await withSetting(true, async ({ bench, stage }) => {
    const show = `const { env } = process; console.log(JSON.stringify([
      env.NODE_ENV, env.MEMORY_AVAILABLE, env.WEB_MEMORY, env.NODE_HOME, env.npm_package_version, process.argv[1]]))`;
    const ended = await stage({ "package.json": json({ version: "1.2.3" }), "server.js": show });
    assert.equal(ended.code, 0, ended.stdout);
    const home = await bench.unpackDroplet();
    const launched = await runToEnd(`${bench.lifecycleDir}/launcher`, ["app", "", "{}"], {
      cwd: home,
      env: { ...plainEnv(), VCAP_APPLICATION: '{"limits":{"mem":77}}' },
    });
    const shown = JSON.parse(launched.stdout.trim().split("\n").at(-1)!);
    assert.deepEqual(shown, ["production", "77", "512", `${home}/deps/0/node`, "1.2.3", `${home}/app/server.js`]);
  });
});

test("npm installs by lock file, and the app finds its modules when it starts", async () => {
  await withSetting(true, async ({ bench, stage }) => {
    const app = { "package.json": withDeps(), "package-lock.json": "{}", "index.js": "console.log(require('dep'))" };
    const ended = await stage(app);
    assert.equal(ended.code, 0, ended.stdout + ended.stderr);
    assert.match(ended.stdout, /Installing node modules \(package\.json \+ package-lock\.json\)/);
    assert.match(ended.stdout, /npm ran: ci --prefer-offline .*--omit=dev/);
    const home = await bench.unpackDroplet();
    assert.deepEqual(
      [existsSync(`${home}/app/node_modules`), existsSync(`${home}/deps/0/node_modules/dep`)],
      [false, true],
    );
    const launched = await runToEnd(`${bench.lifecycleDir}/launcher`, ["app", "", "{}"], {
      cwd: home,
      env: plainEnv(),
    });
    assert.equal(launched.stdout.trim().split("\n").at(-1), "dep", launched.stderr);
  });
});

test("without a lock file npm installs, with devDependencies when asked for", async () => {
  await withSetting(true, async ({ stage }) => {
    const ended = await stage({ "package.json": withDeps() }, { NPM_CONFIG_PRODUCTION: "false" });
    assert.match(ended.stdout, /npm ran: install .*--include=dev/);
    assert.match(ended.stdout, /PRO TIP:.* It is recommended to vendor/);
  });
});

test("an app that brings its modules gets them rebuilt and keeps them", async () => {
  await withSetting(true, async ({ bench, stage }) => {
    const ended = await stage({ "package.json": withDeps(), "node_modules/mine/index.js": "" });
    assert.match(ended.stdout, /Prebuild detected \(node_modules already exists\)/);
    assert.match(ended.stdout, /npm ran: rebuild[\s\S]*npm ran: install/);
    assert.match(ended.stdout, /package-lock\.json not found/);
    assert.equal(existsSync(`${await bench.unpackDroplet()}/app/node_modules/mine`), true);
  });
});

test("build scripts run before and after", async () => {
  await withSetting(true, async ({ stage }) => {
    const scripts = { "heroku-prebuild": "a", "heroku-postbuild": "b", start: "node ." };
    const ended = await stage({ "package.json": withDeps({ scripts }) });
    const order = [...ended.stdout.matchAll(/npm ran: (run \S+|install)/g)].map((match) => match[1]);
    assert.deepEqual(order, ["run heroku-prebuild", "install", "run heroku-postbuild"]);
  });
});

test("a failed install ends staging with its reason", async () => {
  await withSetting(true, async ({ stage }) => {
    const ended = await stage({ "package.json": withDeps() }, { FAIL_WITH: "Cannot find module 'x'" });
    assert.equal(ended.code, 223);
    assert.match(ended.stderr, /Cannot find module 'x'/);
    assert.match(ended.stdout, /A module may be missing from 'dependencies' in package.json/);
    assert.match(ended.stdout, /\*\*ERROR\*\*.* Unable to build dependencies: exit status 3/);
    assert.match(ended.stderr, /Failed to compile droplet: Failed to run all supply scripts: exit status 14/);
  });
});

test("a lock file that does not fit is warned about and left aside", async () => {
  await withSetting(true, async ({ bench, stage }) => {
    const npm = bench.path("runtimes", "npm-11.21.2", "bin", "npm-cli.js");
    const failing = managerScript("npm").replace(
      "if (process.env.FAIL",
      'if (process.argv[2] === "ci") { console.error("npm error code EUSAGE"); process.exit(1); }\nif (process.env.FAIL',
    );
    writeFileSync(npm, failing);
    const ended = await stage({ "package.json": withDeps(), "package-lock.json": "{}" });
    assert.equal(ended.code, 0, ended.stderr);
    assert.match(ended.stdout, /do not agree[\s\S]*npm ran: install/);
  });
});

test("another version comes from the registry, verified, and the next staging finds it in the cache", async () => {
  await withSetting(true, async ({ bench, registry, stage }) => {
    for (const version of ["22.1.0", "22.2.0", "24.0.0"]) {
      await registry.add(bench, nodePackage, version, {
        "bin/node": nodeScript(version),
        "include/node/node.h": "",
        LICENSE: "MIT",
      });
    }
    const app = { "package.json": json({ engines: { node: "22.x" }, scripts: { start: "node ." } }) };
    const first = await stage(app);
    assert.equal(first.code, 0, first.stdout + first.stderr);
    assert.match(first.stdout, /Installing node 22\.2\.0\n {7}Download \[http/);
    assert.match(first.stdout, /Skipping npm \(the app does not need it\)/);
    const home = await bench.unpackDroplet();
    assert.equal(readFileSync(`${home}/deps/0/node/bin/node`, "utf8"), nodeScript("22.2.0"));
    assert.equal(existsSync(`${home}/deps/0/node/include`), false);
    const second = await stage(app);
    assert.match(second.stdout, /Installing node 22\.2\.0\n {7}Copy \[/);
    const offline = await stage(app, { NPM_CONFIG_REGISTRY: "http://127.0.0.1:1/" });
    assert.equal(offline.code, 0, offline.stdout);
    assert.match(offline.stdout, /The registry did not answer; using a cached version of node/);
    assert.deepEqual(readdirSync(bench.path("cache", "final", "dependencies")).sort(), [
      `${nodePackage}-22.2.0.tgz`,
      `${nodePackage}-22.2.0.tgz.integrity`,
    ]);
  });
});

test("a package whose checksum is wrong is not used", async () => {
  await withSetting(false, async ({ bench, registry, stage }) => {
    await registry.add(bench, nodePackage, "26.0.0", { "bin/node": nodeScript("26.0.0") });
    registry.corrupt = true;
    const ended = await stage(hello);
    assert.equal(ended.code, 223);
    assert.match(ended.stdout, /Unable to install node: .*checksum mismatch/);
  });
});

test("a version that does not exist is said with what there is", async () => {
  await withSetting(true, async ({ bench, registry, stage }) => {
    await registry.add(bench, nodePackage, "22.1.0", { "bin/node": nodeScript("22.1.0") });
    const ended = await stage({ "package.json": json({ engines: { node: "99" } }) });
    assert.equal(ended.code, 223);
    assert.match(ended.stdout, /Unable to install node: no match found for 99 in \[26\.10\.0 22\.1\.0\]/);
  });
});

test("engines.npm brings another npm", async () => {
  await withSetting(true, async ({ bench, registry, stage }) => {
    await registry.add(bench, "npm", "9.1.0", {
      "package.json": "{}",
      "bin/npm-cli.js": managerScript("npm nine"),
      "bin/npx-cli.js": managerScript("npx"),
    });
    const ended = await stage({ "package.json": withDeps({ engines: { npm: "^9" } }) });
    assert.equal(ended.code, 0, ended.stdout);
    assert.match(ended.stdout, /Downloading and installing npm \^9 \(replacing version 11\.21\.2\)/);
    assert.match(ended.stdout, /npm nine ran: install/);
    const missing = await stage({ "package.json": withDeps({ engines: { npm: "^8" } }) });
    assert.match(missing.stdout, /We're unable to download the version of npm you've provided \(\^8\)/);
  });
});

test("yarn.lock brings yarn, pnpm-lock.yaml brings pnpm", async () => {
  await withSetting(true, async ({ bench, registry, stage }) => {
    await registry.add(bench, "yarn", "1.22.22", {
      "package.json": json({ bin: { yarn: "./bin/yarn.js" } }),
      "bin/yarn.js": managerScript("yarn"),
    });
    await registry.add(bench, "pnpm", "10.5.0", {
      "package.json": json({ bin: { pnpm: "bin/pnpm.cjs" } }),
      "bin/pnpm.cjs": managerScript("pnpm"),
    });
    const yarn = await stage({ "package.json": withDeps(), "yarn.lock": "" });
    assert.equal(yarn.code, 0, yarn.stdout + yarn.stderr);
    assert.match(yarn.stdout, /Installed yarn 1\.22\.22[\s\S]*yarn ran: install --pure-lockfile --ignore-engines/);
    rmSync(bench.path("app", "yarn.lock"));
    const pnpm = await stage({ "package.json": withDeps(), "pnpm-lock.yaml": "" });
    assert.equal(pnpm.code, 0, pnpm.stdout + pnpm.stderr);
    assert.match(pnpm.stdout, /pnpm ran: install --frozen-lockfile --prod /);
  });
});

test("secrets in npm's variables are not shown", async () => {
  await withSetting(true, async ({ stage }) => {
    const ended = await stage(hello, { NPM_CONFIG__AUTHTOKEN: "very secret", NPM_CONFIG_LOGLEVEL: "warn" });
    assert.doesNotMatch(ended.stdout, /very secret/);
    assert.match(ended.stdout, /NPM_CONFIG_LOGLEVEL=warn/);
  });
});

test("what other buildpacks supply is on the paths, while staging and when the app runs", async () => {
  await withSetting(true, async ({ bench, stage }) => {
    bench.writeBuildpack("other", {
      "bin/supply":
        '#!/bin/sh\nmkdir -p "$3/$4/bin" "$3/$4/env" "$3/$4/profile.d"\nprintf "#!/bin/sh\\necho tool" > "$3/$4/bin/tool"; chmod +x "$3/$4/bin/tool"\nprintf yes > "$3/$4/env/NODE_FROM_OTHER"\necho "export OTHER=1" > "$3/$4/profile.d/o.sh"\n',
    });
    await stage(hello);
    const ended = await bench.stage(["other", "nodejs_buildpack"], ["-skipDetect"], {
      INGOT_RUNTIMES: bench.path("runtimes"),
    });
    assert.equal(ended.code, 0, ended.stdout + ended.stderr);
    assert.match(ended.stdout, /NODE_FROM_OTHER=yes/);
    const home = await bench.unpackDroplet();
    const launched = await runToEnd(
      `${bench.lifecycleDir}/launcher`,
      ["app", 'tool; echo "$OTHER"; node --version', "{}"],
      {
        cwd: home,
        env: plainEnv(),
      },
    );
    assert.deepEqual(launched.stdout.trim().split("\n").slice(-3), ["tool", "1", "v26.10.0"]);
  });
});

test("broken package.json and .nvmrc are the developer's to mend", async () => {
  await withSetting(true, async ({ bench, stage }) => {
    assert.match((await stage({ "package.json": "{" })).stdout, /Unable to load package\.json: /);
    const ended = await stage({ ...hello, ".nvmrc": "what" });
    assert.match(ended.stdout, /Unable to load \.nvmrc: invalid version what specified in \.nvmrc/);
    assert.equal(existsSync(bench.path("out", "droplet")), false);
  });
});
