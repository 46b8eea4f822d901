import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { type Ended, type FileTree, plainEnv, runToEnd, StagingBench, writeTree } from "./testing/staging-bench.ts";

/** Runs the launcher as the executor does: in the home folder, with the app folder's name. */
async function launch(
  bench: StagingBench,
  command: string,
  options: { files?: FileTree; env?: NodeJS.ProcessEnv; program?: string; args?: readonly string[] } = {},
): Promise<Ended> {
  const home = bench.path("home");
  mkdirSync(`${home}/app`, { recursive: true });
  writeTree(home, options.files ?? {});
  const args = options.args ?? ["app", command, "{}"];
  return await runToEnd(`${bench.lifecycleDir}/${options.program ?? "launcher"}`, args, {
    cwd: home,
    env: { ...plainEnv(), ...options.env },
  });
}

const lines = (ended: Ended): string[] => ended.stdout.trimEnd().split("\n");

test("the app starts in its folder with HOME, TMPDIR and DEPS_DIR, and its exit code stays", async () => {
  using bench = await StagingBench.open();
  const ended = await launch(bench, 'echo "$PWD $HOME $TMPDIR $DEPS_DIR"; exit 42');
  const home = bench.path("home");
  assert.deepEqual(lines(ended), [
    "Invoking pre-start scripts.",
    "Invoking start command.",
    `${home}/app ${home}/app ${home}/tmp ${home}/deps`,
  ]);
  assert.equal(ended.code, 42);
});

test("VCAP_APPLICATION gets host, port, instance id and index, and stays what it was", async () => {
  using bench = await StagingBench.open();
  const given = { name: 'a "quoted" \\ name}', limits: { mem: 64 }, uris: ["a.example.com"], unicode: "é€" };
  const ended = await launch(bench, 'printf %s "$VCAP_APPLICATION"', {
    env: { VCAP_APPLICATION: JSON.stringify(given), PORT: "8080", INSTANCE_INDEX: "3", INSTANCE_GUID: "some-guid" },
  });
  assert.deepEqual(JSON.parse(lines(ended)[2]!), {
    ...given,
    host: "0.0.0.0",
    instance_id: "some-guid",
    port: 8080,
    instance_index: 3,
  });
});

for (const [name, given, want] of [
  ["an empty object", "{}", { host: "0.0.0.0", instance_id: "" }],
  ["an object in several lines", '{\n "a": 1\n}\n', { a: 1, host: "0.0.0.0", instance_id: "" }],
] as const) {
  test(`VCAP_APPLICATION as ${name} stays JSON`, async () => {
    using bench = await StagingBench.open();
    const ended = await launch(bench, 'printf %s "$VCAP_APPLICATION"', {
      env: { VCAP_APPLICATION: given, PORT: "no number", INSTANCE_INDEX: "" },
    });
    assert.deepEqual(JSON.parse(lines(ended).slice(2).join("\n")), want);
  });
}

test("VCAP_APPLICATION that is no object is left alone", async () => {
  using bench = await StagingBench.open();
  const ended = await launch(bench, 'printf %s "$VCAP_APPLICATION"', { env: { VCAP_APPLICATION: "nonsense" } });
  assert.equal(lines(ended)[2], "nonsense");
});

test("profile.d of the droplet, then the app's own, then .profile prepare the environment", async () => {
  using bench = await StagingBench.open();
  const ended = await launch(bench, 'echo "$ORDER"', {
    files: {
      "profile.d/a.sh": "export ORDER=droplet\necho first\n",
      "app/.profile.d/b.sh": 'export ORDER="$ORDER app"\n',
      "app/.profile": 'export ORDER="$ORDER profile"\n',
    },
  });
  assert.deepEqual(lines(ended), [
    "Invoking pre-start scripts.",
    "first",
    "Invoking start command.",
    "droplet app profile",
  ]);
});

test("the command may use everything that a shell can", async () => {
  using bench = await StagingBench.open();
  const ended = await launch(bench, `for word in "a b" 'c'; do echo "<$word>"; done | tr a-z A-Z && echo $((1 + 2))`);
  assert.deepEqual(lines(ended).slice(2), ["<A B>", "<C>", "3"]);
});

test("the app gets the signal, not a shell before it", async () => {
  using bench = await StagingBench.open();
  const ended = await launch(bench, "sh -c 'kill -9 $PPID; sleep 5' & exec sleep 5");
  assert.equal(ended.code, null); // killed itself: the pid of the launcher is the app's
});

test("without a command, the one that staging found is started", async () => {
  using bench = await StagingBench.open();
  const files = { "staging_info.yml": '{"detected_buildpack":"x","start_command":"echo \\"from\\" staging"}\n' };
  assert.equal(lines(await launch(bench, "", { files }))[2], "from staging");
  const yaml = { "staging_info.yml": "---\nstart_command: echo from yaml\n" };
  assert.equal(lines(await launch(bench, "", { files: yaml }))[2], "from yaml");
});

test("an entry point of the buildpack wraps the command", async () => {
  using bench = await StagingBench.open();
  const files = {
    "staging_info.yml": JSON.stringify({ start_command: "x", config: { entrypoint_prefix: "/bin/echo prefixed" } }),
  };
  assert.equal(lines(await launch(bench, "my command", { files }))[2], "prefixed my command");
});

test("no command anywhere, broken staging info or too few arguments end with 1", async () => {
  using bench = await StagingBench.open();
  const none = await launch(bench, "");
  assert.equal(none.code, 1);
  assert.match(none.stderr, /launcher: no start command specified or detected in droplet$/);
  const broken = await launch(bench, "", { files: { "staging_info.yml": "a: b: c" } });
  assert.equal(broken.code, 1);
  assert.match(broken.stderr, /Invalid staging info - /);
  const usage = await launch(bench, "", { args: ["app", "command"] });
  assert.equal(usage.code, 1);
  assert.match(usage.stderr, /received only 2 arguments\nUsage: .*launcher <app-directory> <start-command> <metadata>/);
});

test("DATABASE_URL comes from the first bound database, when the platform has not set it", async () => {
  using bench = await StagingBench.open();
  const services = {
    other: [{ credentials: { uri: "https://example.com" } }],
    mysql: [{ credentials: { uri: "mysql://user:it's@db.example.com/x" } }],
  };
  const ended = await launch(bench, 'echo "$DATABASE_URL"', { env: { VCAP_SERVICES: JSON.stringify(services) } });
  assert.equal(lines(ended)[2], "mysql2://user:it's@db.example.com/x");
});

test("the platform's options do not reach the app", async () => {
  using bench = await StagingBench.open();
  const env = { VCAP_PLATFORM_OPTIONS: '{"credhub-uri":"https://credhub.example.com"}', VCAP_SERVICES: "{}" };
  assert.equal(lines(await launch(bench, 'echo "<${VCAP_PLATFORM_OPTIONS-unset}>"', { env }))[2], "<unset>");
});

test("references to CredHub are replaced by what CredHub answers; without an answer nothing starts", async () => {
  using bench = await StagingBench.open();
  const dir = bench.path("certs");
  mkdirSync(dir);
  const args = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
  const made = await runToEnd("openssl", [
    ...args,
    ...["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
    ...["-keyout", `${dir}/k.key`, "-out", `${dir}/c.crt`],
  ]);
  assert.equal(made.code, 0, made.stderr);
  const { readFileSync } = await import("node:fs");
  const tls = { key: readFileSync(`${dir}/k.key`), cert: readFileSync(`${dir}/c.crt`) };
  let answers = 0;
  const server = createServer({ ...tls, requestCert: true, ca: tls.cert }, (request, response) => {
    answers += 1;
    if (answers === 1) response.writeHead(500).end();
    else response.end(JSON.stringify({ db: [{ credentials: { uri: "postgresql://it's/x" } }], url: request.url }));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    const env = {
      VCAP_PLATFORM_OPTIONS: JSON.stringify({
        "credhub-uri": `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
      }),
      VCAP_SERVICES: '{"db":[{"credentials":{"credhub-ref":"/a"}}]}',
      CF_INSTANCE_CERT: `${dir}/c.crt`,
      CF_INSTANCE_KEY: `${dir}/k.key`,
      CF_SYSTEM_CERT_PATH: dir,
    };
    const flags = ["app", 'echo "$VCAP_SERVICES $DATABASE_URL"', "{}", "-credhubRetryDelay=1ms"];
    const ended = await launch(bench, "", { env, args: flags });
    assert.equal(
      lines(ended)[2],
      `{"db":[{"credentials":{"uri":"postgresql://it's/x"}}],"url":"/api/v1/interpolate"} postgres://it's/x`,
    );
    assert.match(ended.stderr, /Failed on attempt 1 out of 3/);
    server.close();
    server.closeAllConnections();
    const refused = await launch(bench, "", { env, args: flags });
    assert.equal(refused.code, 3);
    assert.match(refused.stderr, /Unable to interpolate credhub refs/);
    assert.doesNotMatch(refused.stdout, /Invoking/);
  } finally {
    server.close();
  }
});

test("shell gives the same environment to a command, without the launcher's lines", async () => {
  using bench = await StagingBench.open();
  const home = bench.path("home");
  const ended = await launch(bench, "", {
    program: "shell",
    args: [`${home}/app`, 'echo "$TMPDIR $FROM_PROFILE <${INGOT_LAUNCHER_QUIET-unset}>"'],
    files: { "profile.d/a.sh": "export FROM_PROFILE=yes\n" },
  });
  assert.deepEqual(lines(ended), [`${home}/tmp yes <unset>`]);
  writeFileSync(`${home}/x`, "");
  const missing = await launch(bench, "", { program: "shell", args: ["/does/not/exist"] });
  assert.equal(missing.code, 1);
});
