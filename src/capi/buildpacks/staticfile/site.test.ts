import assert from "node:assert/strict";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { gunzipSync, gzipSync } from "node:zlib";
import { StagingBench } from "../../lifecycle/testing/staging-bench.ts";
import { addSystemBuildpack } from "../testing/pack-bench.ts";
import { fetchNginx, needsNginx, stageSite, startSite } from "../testing/running-site.ts";

const LIMIT_MS = 20_000;

before(fetchNginx);

test("a site is served: index, types, compression, no dot files, a log on standard output", needsNginx(), async () => {
  using bench = await StagingBench.open();
  const page = `<h1>Hello</h1>${"x".repeat(3000)}`;
  await using site = await startSite(bench, "staticfile", {
    Staticfile: "",
    "index.html": page,
    "a.mjs": "",
    ".secret": "no",
  });
  const index = await site.get("/");
  assert.equal(index.text, page);
  assert.equal(index.headers["content-type"], "text/html; charset=utf-8");
  assert.equal((await site.get("/a.mjs")).headers["content-type"], "application/javascript; charset=utf-8");
  const packed = await site.get("/", { "accept-encoding": "gzip" });
  assert.equal(packed.headers["content-encoding"], "gzip");
  assert.equal(gunzipSync(packed.bytes).toString(), page);
  for (const path of ["/.secret", "/Staticfile", "/nothing", "/nginx/conf/nginx.conf"]) {
    assert.equal((await site.get(path)).status, 404, path);
  }
  const until = Date.now() + LIMIT_MS;
  while (!/"GET \/nothing HTTP\/1\.1" 404/.test(site.output()) && Date.now() < until) await sleep(20);
  assert.match(site.output(), /"GET \/nothing HTTP\/1\.1" 404/);
  assert.equal((bench.result()["process_types"] as { web: string }).web, "$HOME/boot.sh");
});

test("options of the Staticfile work together", needsNginx(), async () => {
  using bench = await StagingBench.open();
  const Staticfile = [
    "root: dist",
    "directory: visible",
    "http_strict_transport_security: true",
    "status_codes:",
    "  404: /missing.html",
    "location_include: includes/*.conf",
  ].join("\n");
  await using site = await startSite(bench, "staticfile", {
    Staticfile,
    "dist/index.html": "home",
    "dist/list/file.txt": "x",
    "dist/missing.html": "not here",
    "nginx/conf/includes/headers.conf": "add_header X-Own yes;\n",
    "not-in-site.txt": "x",
  });
  const index = await site.get("/");
  assert.equal(index.text, "home");
  assert.equal(index.headers["strict-transport-security"], "max-age=31536000");
  assert.equal(index.headers["x-own"], "yes");
  assert.match((await site.get("/list/")).text, /Index of \/list\/[\s\S]*file\.txt/);
  const missing = await site.get("/not-in-site.txt");
  assert.deepEqual([missing.status, missing.text], [404, "not here"]);
});

test("pushstate answers every unknown path with the index, basic auth asks first", needsNginx(), async () => {
  using bench = await StagingBench.open();
  await using site = await startSite(bench, "staticfile", {
    Staticfile: "pushstate: enabled\n",
    "Staticfile.auth": "bob:{PLAIN}secret\n",
    "index.html": "app",
    "real.txt": "real",
  });
  const authorization = `Basic ${Buffer.from("bob:secret").toString("base64")}`;
  assert.equal((await site.get("/some/route")).status, 401);
  assert.equal((await site.get("/some/route", { authorization })).text, "app");
  assert.equal((await site.get("/real.txt", { authorization })).text, "real");
});

test("plain requests are sent to https by option or by variable", needsNginx(), async () => {
  using bench = await StagingBench.open();
  await using site = await startSite(
    bench,
    "staticfile",
    { Staticfile: "", "index.html": "x" },
    { FORCE_HTTPS: "true" },
  );
  const plain = await site.get("/a?b=c", { "x-forwarded-proto": "http, https", "x-forwarded-host": "me.example.com" });
  assert.deepEqual([plain.status, plain.headers.location], [301, "https://me.example.com/a?b=c"]);
  assert.equal((await site.get("/", { "x-forwarded-proto": "https" })).status, 200);
});

test("files that exist only compressed are unpacked for clients that need it", needsNginx(), async () => {
  using bench = await StagingBench.open();
  mkdirSync(bench.path("app"), { recursive: true });
  writeFileSync(bench.path("app", "big.txt.gz"), gzipSync("from gz"));
  await using site = await startSite(bench, "staticfile", { Staticfile: "", "index.html": "x" });
  assert.equal((await site.get("/big.txt")).text, "from gz");
});

test("an nginx.conf of the app's own is used, with a warning", needsNginx(), async () => {
  using bench = await StagingBench.open();
  const conf = `worker_processes 1; daemon off; error_log stderr;
events { worker_connections 64; }
http {
  access_log off;
  server { listen ((PORT)); location / { return 200 "mine"; } }
}
`;
  await using site = await startSite(bench, "staticfile", { Staticfile: "", "nginx.conf": conf, "index.html": "x" });
  assert.equal((await site.get("/")).text, "mine");
});

test("a root that is missing or a file fails with the reason", needsNginx(), async () => {
  using bench = await StagingBench.open();
  const missing = await stageSite(bench, "staticfile", { Staticfile: "root: nowhere\n" });
  assert.equal(missing.code, 223);
  assert.match(missing.stdout, /Invalid root directory: .* nowhere that does not exist/);
  rmSync(bench.path("app"), { recursive: true });
  const file = await stageSite(bench, "staticfile", { Staticfile: "root: page\n", page: "x" });
  assert.match(file.stdout, /page that is a plain file/);
});

test("without nginx anywhere, staging says so", async () => {
  using bench = await StagingBench.open();
  await addSystemBuildpack(bench, "staticfile");
  bench.writeApp({ Staticfile: "" });
  writeFileSync(bench.path("fetch-nginx"), "#!/bin/sh\necho no packages here >&2\nexit 1\n", { mode: 0o755 });
  const ended = await bench.stage(["staticfile_buildpack"], [], { INGOT_RUNTIMES: bench.path("none") });
  assert.equal(ended.code, 223);
  assert.match(
    ended.stdout,
    /Unable to install nginx: nginx cannot be fetched from the stack's package sources\n +no packages here/,
  );
});
