import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, test } from "node:test";
import { readCommandLine } from "./config.ts";
import { UsageError } from "./usage-error.ts";

const folder = mkdtempSync(join(tmpdir(), "ingot-config-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const HOME = { HOME: "/home/ann" };

function configFile(content: string): string {
  const path = join(folder, `${Math.floor(performance.now() * 1000)}.json`);
  writeFileSync(path, content);
  return path;
}

/** What is printed for a command line that cannot be. */
function complaint(argv: readonly string[], environment: Record<string, string> = HOME): string {
  try {
    readCommandLine(argv, environment);
  } catch (error) {
    assert.ok(error instanceof UsageError, String(error));
    return error.message;
  }
  throw new Error(`accepted: ${argv.join(" ")}`);
}

test("without a word everything has a default, below the user's home", () => {
  const { config } = readCommandLine([], HOME);
  assert.equal(config.state, "/home/ann/.ingot");
  assert.equal(config.domain, "cf.localhost");
  assert.deepEqual([config.httpPort, config.httpsPort, config.sshPort], [null, null, 2222]);
  assert.deepEqual(config.bind, ["127.0.0.1"]);
  assert.deepEqual([config.isolation, config.install], ["auto", true]);
});

test("flags win over the environment, the environment over the file, the file over defaults", () => {
  const file = configFile(JSON.stringify({ domain: "file.test", httpPort: 1001, sshPort: 1002, logLevel: "warn" }));
  const environment = { ...HOME, INGOT_DOMAIN: "environment.test", INGOT_HTTP_PORT: "2001" };
  const { config } = readCommandLine(["--config", file, "--domain", "flag.test"], environment);
  assert.equal(config.domain, "flag.test");
  assert.equal(config.httpPort, 2001);
  assert.equal(config.sshPort, 1002);
  assert.equal(config.logLevel, "warn");
  assert.equal(config.httpsPort, null);
});

test("the file may be named by the environment, and an empty variable says nothing", () => {
  const file = configFile('{ "domain": "file.test" }');
  const { config } = readCommandLine([], { ...HOME, INGOT_CONFIG: file, INGOT_DOMAIN: "" });
  assert.equal(config.domain, "file.test");
});

test("addresses may be given several times, or with commas in the environment", () => {
  const flags = readCommandLine(["--bind", "127.0.0.1", "--bind", "192.0.2.1"], HOME);
  assert.deepEqual(flags.config.bind, ["127.0.0.1", "192.0.2.1"]);
  const environment = readCommandLine([], { ...HOME, INGOT_BIND: "127.0.0.1,192.0.2.1" });
  assert.deepEqual(environment.config.bind, ["127.0.0.1", "192.0.2.1"]);
});

test("a relative state folder is taken from the working directory", () => {
  assert.equal(readCommandLine(["--state", "here"], HOME).config.state, resolve("here"));
});

test("a command's own flags and words are handed to it", () => {
  const own = { json: "boolean", push: "string", detach: "boolean" } as const;
  const { flags, positionals } = readCommandLine(["install", "--json", "--push=dir"], HOME, own, 1);
  assert.deepEqual(flags, { json: true, push: "dir", detach: undefined });
  assert.deepEqual(positionals, ["install"]);
});

test("a bad value is named with the place that it came from", () => {
  assert.match(complaint(["--http-port", "0"]), /^--http-port: /);
  assert.match(complaint(["--http-port", "eighty"]), /^--http-port: /);
  assert.match(complaint(["--isolation", "jail"]), /^--isolation: /);
  assert.match(complaint(["--domain", "no spaces allowed"]), /^--domain: is not a domain name$/);
  assert.match(complaint(["--tcp-ports", "many"]), /^--tcp-ports: is not a range like 1024-1123$/);
  assert.match(
    complaint(["--http-port", "81", "--https-port", "81"]),
    /^--https-port: 81 is the port without TLS already$/,
  );
  assert.match(complaint(["my-app"]), /^'my-app' is one word too many$/);
  assert.match(complaint([], { ...HOME, INGOT_SSH_PORT: "70000" }), /^INGOT_SSH_PORT: /);
  const file = configFile('{ "cellMemoryMb": 1 }');
  assert.ok(complaint(["--config", file]).startsWith(`${file}: `));
});

test("unknown names are refused, on the command line and in the file", () => {
  assert.match(complaint(["--htpp-port", "1"]), /--htpp-port/);
  const file = configFile('{ "htppPort": 1 }');
  const message = complaint(["--config", file]);
  assert.ok(message.startsWith(`${file}: `) && message.includes("htppPort"), message);
});

test("a file that cannot be read as an object is refused", () => {
  assert.match(complaint(["--config", join(folder, "none.json")]), /does not exist$/);
  for (const content of ["", "[]", "null", "{ domain: 1 }"]) {
    assert.match(complaint(["--config", configFile(content)]), /is not a JSON object$/);
  }
});

test("a database is given by its URL, and neither the printed configuration nor a complaint shows its password", () => {
  const url = "postgres://ann:hush@db.example/ingot";
  for (const { config } of [
    readCommandLine(["--database", url], HOME),
    readCommandLine([], { ...HOME, INGOT_DATABASE: url }),
    readCommandLine(["--config", configFile(JSON.stringify({ database: url }))], HOME),
  ]) {
    assert.equal(config.database?.reveal(), url);
    assert.ok(!JSON.stringify(config).includes("hush"));
  }
  assert.equal(readCommandLine([], HOME).config.database, null);
  const message = complaint([], { ...HOME, INGOT_DATABASE: "mysql://ann:hush@db.example/ingot" });
  assert.match(message, /^INGOT_DATABASE: is not like postgres:/);
  assert.ok(!message.includes("hush"));
});

test("limits of requests, origins and who may bring people in are off until they are set", () => {
  const limits = ({ config }: ReturnType<typeof readCommandLine>) => [
    config.rateLimit,
    config.rateLimitUnauthenticated,
    config.rateLimitAdmin,
    config.rateLimitMinutes,
  ];
  const none = readCommandLine([], HOME);
  assert.deepEqual(limits(none), [null, 1000, -1, 60]);
  assert.deepEqual([none.config.corsOrigins, none.config.orgManagersCreateUsers], [[], false]);
  const flags = readCommandLine(
    ["--rate-limit=20000", "--rate-limit-admin=-1", "--cors-origin", "https://*.a.test", "--org-managers-create-users"],
    { ...HOME, INGOT_RATE_LIMIT_MINUTES: "5", INGOT_ORG_MANAGERS_CREATE_USERS: "false" },
  );
  assert.deepEqual(limits(flags), [20_000, 1000, -1, 5]);
  assert.deepEqual([flags.config.corsOrigins, flags.config.orgManagersCreateUsers], [["https://*.a.test"], true]);
  const environment = readCommandLine([], {
    ...HOME,
    INGOT_CORS_ORIGINS: "https://a.test,https://b.test",
    INGOT_ORG_MANAGERS_CREATE_USERS: "true",
  });
  assert.deepEqual(environment.config.corsOrigins, ["https://a.test", "https://b.test"]);
  assert.equal(environment.config.orgManagersCreateUsers, true);
  assert.match(complaint(["--rate-limit", "-2"]), /rate-limit/);
  assert.match(complaint(["--rate-limit", "many"]), /^--rate-limit: /);
  assert.match(complaint(["--cors-origin", "not an origin"]), /^--cors-origin: is not an origin/);
  assert.match(complaint([], { ...HOME, INGOT_ORG_MANAGERS_CREATE_USERS: "perhaps" }), /^INGOT_ORG_MANAGERS/);
});
