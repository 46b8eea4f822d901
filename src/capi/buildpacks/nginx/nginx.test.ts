import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type FileTree, StagingBench } from "../../lifecycle/testing/staging-bench.ts";
import { fetchNginx, needsNginx, stageSite, startSite } from "../testing/running-site.ts";
import { includedConfs, isAccessLogOff } from "./conf-checks.ts";

before(fetchNginx);

const conf = (server: string, before = ""): string => `${before}
worker_processes 1;
daemon off;
error_log stderr;
events { worker_connections 64; }
http {
  access_log /dev/stdout;
  server { listen {{port}}; ${server} }
}
`;

const APP: FileTree = { "nginx.conf": conf("root public;"), "public/index.html": "it works\n" };

test("files are served by the app's own conf, and requests are told on standard output", needsNginx(), async () => {
  using bench = await StagingBench.open();
  await using site = await startSite(bench, "nginx", APP);
  assert.equal((await site.get("/")).text, "it works\n");
  assert.equal((await site.get("/nothing")).status, 404);
  for (let left = 100; left > 0 && !site.output().includes("GET /nothing"); left--) await sleep(20);
  assert.match(site.output(), /"GET \/nothing HTTP\/1\.1" 404/);
  const { processes } = bench.result() as { processes: { command: string }[] };
  assert.match(processes[0]!.command, /^varify -buildpack-yml-path \.\/buildpack\.yml \.\/nginx\.conf/);
});

test(
  "values of the environment stand where the conf names them, as HTML unless listed as plain",
  needsNginx(),
  async () => {
    using bench = await StagingBench.open();
    const server = `location / { add_header x-a '{{env "A"}}'; add_header x-b '{{- env \`B\` -}}'; return 200 '{{nameservers}}'; }`;
    const files = {
      "nginx.conf": conf("include more/server.conf;").replace("listen {{port}};", ""),
      "more/server.conf": `listen {{ port }}; ${server}\n{{/* a comment */}}`,
      "buildpack.yml": "nginx: {plaintext_env_vars: [B]}\n",
    };
    await using site = await startSite(bench, "nginx", files, { A: "1<2&3", B: "4>5&x" });
    const answer = await site.get("/");
    assert.equal(answer.headers["x-a"], "1&lt;2&amp;3");
    assert.equal(answer.headers["x-b"], "4>5&x");
    assert.match(answer.text, /^[\d.: a-f]+$/);
  },
);

test("a module of the distribution is loaded by name", needsNginx(), async () => {
  using bench = await StagingBench.open();
  const files = { ...APP, "nginx.conf": conf("root public;", '{{module "ngx_stream_module"}}') };
  await using site = await startSite(bench, "nginx", files);
  assert.equal((await site.get("/")).status, 200);
});

test("a conf without {{port}}, with errors, or with unknown words is refused", needsNginx(), async () => {
  using bench = await StagingBench.open();
  const refusal = async (text: string): Promise<string> => {
    const ended = await stageSite(bench, "nginx", { ...APP, "nginx.conf": text });
    assert.notEqual(ended.code, 0);
    return ended.stdout;
  };
  assert.match(
    await refusal(conf("").replace("{{port}}", "8080")),
    /must be configured to the template `\{\{port\}\}`/,
  );
  assert.match(await refusal(conf("wrong on;")), /contains syntax errors[\s\S]*unknown directive "wrong"/);
  assert.match(await refusal(conf("{{password}}")), /function "password" not defined/);
  assert.match(await refusal(conf("root public; {{port")), /unclosed action/);
});

test("what the distribution lacks is said; a conf without log gets a warning", needsNginx(), async () => {
  using bench = await StagingBench.open();
  const other = await stageSite(bench, "nginx", { ...APP, "buildpack.yml": "nginx: {version: 0.1.x}" });
  assert.match(other.stdout, /Could not determine version: no match found for 0\.1\.x in \[1\./);
  const openresty = await stageSite(bench, "nginx", { ...APP, "buildpack.yml": "dist: openresty" });
  assert.match(openresty.stdout, /Could not install openresty/);
  const silent = await stageSite(bench, "nginx", {
    "nginx.conf": APP["nginx.conf"]!.replace("/dev/stdout", "off"),
    "buildpack.yml": "nginx: {version: stable}",
  });
  assert.match(silent.stdout, /access logging is turned off/);
  assert.match(silent.stdout, /Requested nginx version: stable => 1\./);
});

test("included confs are those with a name of their own", () => {
  assert.deepEqual(includedConfs("include mime.types; include a/b.conf;\n include *.conf;include  /c.conf;"), [
    "a/b.conf",
    "/c.conf",
  ]);
  assert.equal(isAccessLogOff("ACCESS_LOG off; access_log  OFF;"), true);
  assert.equal(isAccessLogOff("access_log /dev/stdout;"), false);
});

test("the program that fills confs is POSIX tools and bash alone", () => {
  const text = readFileSync(new URL("varify", import.meta.url), "utf8");
  assert.doesNotMatch(text, /\b(perl|python|node|jq)\b/);
});
