import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { type TestContext, test } from "node:test";
import { systemClock } from "../kit/clock-system.ts";
import { systemRandom } from "../kit/random-system.ts";
import { type CliDeps, type CliOutput, runCf } from "./index.ts";

interface Canned {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly json?: unknown;
}
type Route = (request: IncomingMessage, body: string) => Canned;

/** A platform of a few canned answers, and a terminal that writes down what is said. */
async function world(context: TestContext, routes: Record<string, Route>) {
  const home = await mkdtemp(join(tmpdir(), "ingot-cf-"));
  const seen: string[] = [];
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const key = `${request.method} ${request.url?.split("?")[0]}`;
      seen.push(`${request.method} ${request.url}`);
      const notFound: Canned = {
        status: 404,
        json: { errors: [{ code: 10000, title: "CF-NotFound", detail: "Unknown request" }] },
      };
      const answer = routes[key]?.(request, Buffer.concat(chunks).toString()) ?? notFound;
      response.writeHead(answer.status ?? 200, { "content-type": "application/json", ...answer.headers });
      response.end(answer.json === undefined ? "" : JSON.stringify(answer.json));
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const url = `http://api.cf.localhost:${(server.address() as AddressInfo).port}`;
  context.after(async () => {
    server.close();
    server.closeAllConnections();
    await rm(home, { recursive: true, force: true });
  });
  routes["GET /"] ??= () => ({
    json: {
      links: {
        cloud_controller_v3: { href: `${url}/v3`, meta: { version: "3.200.0" } },
        uaa: { href: url },
        login: { href: url },
        log_cache: { href: url },
      },
    },
  });
  routes["GET /login"] ??= () => ({
    json: { prompts: { username: ["text", "Email"], password: ["password", "Password"] } },
  });
  routes["POST /oauth/token"] ??= (_request, body) => {
    const form = new URLSearchParams(body);
    if (form.get("grant_type") === "password" && form.get("password") !== "right") {
      return { status: 401, json: { error: "invalid_client", error_description: "Bad credentials" } };
    }
    return { json: { access_token: token(3600), refresh_token: "refresh" } };
  };
  const run = async (words: readonly string[], input = "") => {
    const [stdout, stderr, stdin] = [new PassThrough(), new PassThrough(), new PassThrough()];
    let [out, err] = ["", ""];
    stdout.on("data", (chunk: Buffer) => {
      out += chunk.toString();
    });
    stderr.on("data", (chunk: Buffer) => {
      err += chunk.toString();
    });
    stdin.end(input);
    const deps: CliDeps = {
      env: { CF_HOME: home },
      cwd: home,
      homeDir: home,
      tempDir: home,
      stdin,
      stdout: stdout as CliOutput,
      stderr: stderr as CliOutput,
      clock: systemClock(),
      random: systemRandom(),
      signal: AbortSignal.timeout(20_000),
      version: "1.2.3",
    };
    const code = await runCf(words, deps);
    return { code, out, err };
  };
  const config = async (): Promise<Record<string, unknown>> =>
    JSON.parse(await readFile(join(home, ".cf", "config.json"), "utf8")) as Record<string, unknown>;
  return { run, url, seen, config };
}

function token(seconds: number): string {
  const claims = { user_name: "admin", user_id: "1", origin: "uaa", exp: Math.floor(Date.now() / 1000) + seconds };
  return `h.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.s`;
}

const page = (resources: unknown[], next: string | null = null) => ({
  json: { resources, pagination: { next: next === null ? null : { href: next } } },
});

test("without a target and without a login, every command says what to do and fails", async (context) => {
  const { run, url } = await world(context, {});
  const first = await run(["orgs"]);
  assert.deepEqual(first, {
    code: 1,
    out: "FAILED\n",
    err: "No API endpoint set. Use 'cf login' or 'cf api' to target an endpoint.\n",
  });
  assert.equal((await run(["api", url])).code, 0);
  assert.match((await run(["orgs"])).err, /^Not logged in\. Use 'cf login' or 'cf login --sso' to log in\./);
});

test("login asks for what is missing, says no to a wrong password, and keeps the session", async (context) => {
  const { run, url, config } = await world(context, {
    "GET /v3/organizations": () => page([{ guid: "o", name: "acme" }]),
    "GET /v3/spaces": () => page([]),
  });
  const { code, out, err } = await run(["login", "-a", url], "admin\nwrong\nright\n");
  assert.equal(code, 0, err);
  assert.equal(err.includes("Credentials were rejected, please try again."), true);
  assert.match(out, /Email: admin\nPassword: \n/);
  assert.match(out, /Targeted org acme\.\n/);
  assert.equal((await config())["RefreshToken"], "refresh");
  const target = await run(["target"]);
  assert.equal(
    target.out,
    `API endpoint:   ${url}\nAPI version:    3.200.0\nuser:           admin\norg:            acme\nNo space targeted, use 'cf target -s SPACE'\n`,
  );
});

test("a list is read page by page, and a token that the API refuses is renewed once", async (context) => {
  let refused = 0;
  const { run, url, seen } = await world(context, {
    "GET /v3/organizations": (request) => {
      if (refused === 0) {
        refused++;
        return {
          status: 401,
          json: { errors: [{ code: 1000, title: "CF-InvalidAuthToken", detail: "Invalid Auth Token" }] },
        };
      }
      const isSecond = (request.url ?? "").includes("page=2");
      return isSecond
        ? page([{ guid: "b", name: "beta" }])
        : page([{ guid: "a", name: "alpha" }], "http://x/v3/organizations?page=2");
    },
  });
  await run(["api", url]);
  await run(["auth", "admin", "right"]);
  const { code, out } = await run(["orgs"]);
  assert.equal(code, 0);
  assert.equal(out, "Getting orgs as admin...\n\nname\nalpha\nbeta\n");
  assert.equal(seen.filter((line) => line === "POST /oauth/token").length, 2);
});

test("a delete waits for its job, shows warnings, and tells the job's error", async (context) => {
  let asked = 0;
  const { run, url } = await world(context, {
    "GET /v3/organizations": () => page([{ guid: "o", name: "acme" }]),
    "DELETE /v3/organizations/o": () => ({
      status: 202,
      headers: { location: `${url}/v3/jobs/j`, "x-cf-warnings": "be+careful,now" },
    }),
    "GET /v3/jobs/j": () => {
      asked++;
      if (asked === 1) return { json: { guid: "j", state: "PROCESSING" } };
      return { json: { guid: "j", state: "FAILED", errors: [{ code: 1, title: "CF-X", detail: "It did not go." }] } };
    },
  });
  await run(["api", url]);
  await run(["auth", "admin", "right"]);
  const { code, out, err } = await run(["delete-org", "acme"], "y\n");
  assert.equal(code, 1);
  assert.equal(err, "be careful\nnow\nJob (j) failed: It did not go.\n");
  assert.match(out, /space-scoped service brokers\? \[yN\]: y\nDeleting org acme as admin\.\.\.\nFAILED\n$/);
  assert.equal(asked, 2);
});

test("a failure of the API is told with its code and request, and curl -f ends with 22", async (context) => {
  const { run, url } = await world(context, {
    "GET /v3/organizations": () => ({
      status: 500,
      headers: { "x-vcap-request-id": "r-1" },
      json: { errors: [{ code: 10001, title: "UnknownError", detail: "An unknown error occurred." }] },
    }),
  });
  await run(["api", url]);
  await run(["auth", "admin", "right"]);
  const { code, err } = await run(["orgs"]);
  assert.equal(code, 1);
  assert.match(
    err,
    /^Unexpected Response\nResponse Code: 500\nRequest ID: {4}r-1\nCode: 10001, Title: UnknownError, Detail: An unknown error occurred\./,
  );
  assert.equal((await run(["curl", "/v3/nope"])).code, 0);
  assert.equal((await run(["curl", "-f", "/v3/nope"])).code, 22);
});

test("recent logs come oldest first with their heads", async (context) => {
  const envelope = (ns: string, text: string, type: string) => ({
    timestamp: ns,
    instance_id: "0",
    tags: { source_type: "APP/PROC/WEB" },
    log: { payload: Buffer.from(text).toString("base64"), type },
  });
  const { run, url } = await world(context, {
    "GET /v3/organizations": () => page([{ guid: "o", name: "acme" }]),
    "GET /v3/spaces": () =>
      page([{ guid: "s", name: "dev", relationships: { organization: { data: { guid: "o" } } } }]),
    "GET /v3/apps": () => page([{ guid: "a", name: "dora", state: "STARTED" }]),
    "GET /api/v1/read/a": () => ({
      json: {
        envelopes: {
          batch: [envelope("1700000001000000000", "second\n", "ERR"), envelope("1700000000250000000", "first", "OUT")],
        },
      },
    }),
  });
  await run(["login", "-a", url, "-u", "admin", "-p", "right"]);
  const { code, out } = await run(["logs", "dora", "--recent"]);
  assert.equal(code, 0);
  assert.match(
    out,
    /\n {3}2023-11-1[45]T\S+\.25\S+ \[APP\/PROC\/WEB\/0\] OUT first\n {3}2023-11-1[45]T\S+ \[APP\/PROC\/WEB\/0\] ERR second\n/,
  );
});

test("a request that is traced shows no secret", async (context) => {
  const { run, url } = await world(context, { "GET /v3/organizations": () => page([]) });
  await run(["api", url]);
  await run(["auth", "admin", "right"]);
  const { out } = await run(["-v", "orgs"]);
  assert.match(out, /REQUEST: \[.*\]\nGET \/v3\/organizations\S* HTTP\/1\.1\n/);
  assert.match(out, /Authorization: \[PRIVATE DATA HIDDEN\]/);
  const login = await run(["-v", "auth", "admin", "right"]);
  assert.ok(!login.out.includes("password=right") && !login.out.includes(`"refresh"`));
});

test("of more apps than one query may name, each shows a route that they share once", async (context) => {
  const apps = Array.from({ length: 150 }, (_, index) => ({
    guid: `a${index}`,
    name: `app-${index}`,
    state: "STOPPED",
  }));
  const destinations = ["a0", "a149"].map((guid) => ({ app: { guid, process: { type: "web" } } }));
  const { run, url, seen } = await world(context, {
    "GET /v3/organizations": () => page([{ guid: "o", name: "acme" }]),
    "GET /v3/spaces": () =>
      page([{ guid: "s", name: "dev", relationships: { organization: { data: { guid: "o" } } } }]),
    "GET /v3/apps": () => page(apps),
    "GET /v3/routes": () => page([{ guid: "r", url: "shared.example.com", destinations }]),
  });
  await run(["api", url]);
  await run(["auth", "admin", "right"]);
  await run(["target", "-o", "acme", "-s", "dev"]);
  const { out } = await run(["apps", "--no-stats"]);
  const queries = seen.filter((line) => line.startsWith("GET /v3/routes?"));
  assert.deepEqual(
    queries.map((line) => new URL(line.slice(4), url).searchParams.get("app_guids")?.split(",").length),
    [100, 50],
  );
  assert.equal(out.match(/shared\.example\.com/g)?.length, 2);
  assert.match(out, /^app-0 +stopped +shared\.example\.com$/m);
  assert.match(out, /^app-149 +stopped +shared\.example\.com$/m);
});

test("a folder without a manifest is a wrong use of push as of apply-manifest, and the help follows", async (context) => {
  const { run, url } = await world(context, {
    "GET /v3/organizations": () => page([{ guid: "o", name: "acme" }]),
    "GET /v3/spaces": () =>
      page([{ guid: "s", name: "dev", relationships: { organization: { data: { guid: "o" } } } }]),
  });
  await run(["api", url]);
  await run(["auth", "admin", "right"]);
  await run(["target", "-o", "acme", "-s", "dev"]);
  for (const words of [
    ["push", "dora", "-f", "."],
    ["apply-manifest", "-f", "."],
  ]) {
    const { code, out, err } = await run(words);
    assert.equal(code, 1);
    const said = "Incorrect Usage: The specified directory '.' does not contain a file named 'manifest.yml'.\n\n";
    assert.equal(err, said);
    assert.match(out, new RegExp(`^NAME:\n {3}${words[0]} - `));
  }
});

test("a droplet is fetched from where the API sends us, and only the API sees the token", async (context) => {
  const tokens: (string | undefined)[] = [];
  const droplet = { guid: "d1", state: "STAGED" };
  const { run, url } = await world(context, {
    "GET /v3/organizations": () => page([{ guid: "o", name: "acme" }]),
    "GET /v3/spaces": () =>
      page([{ guid: "s", name: "dev", relationships: { organization: { data: { guid: "o" } } } }]),
    "GET /v3/apps": () => page([{ guid: "a", name: "dora" }]),
    "GET /v3/droplets": () => page([droplet]),
    "GET /v3/droplets/d1/download": ({ headers }) => {
      tokens.push(headers.authorization);
      return { status: 302, headers: { location: `${url.replace("api.", "blobs.")}/signed` } };
    },
    "GET /signed": ({ headers }) => {
      tokens.push(headers.authorization);
      return { json: "bits" };
    },
  });
  await run(["api", url]);
  await run(["auth", "admin", "right"]);
  await run(["target", "-o", "acme", "-s", "dev"]);
  const { code, out, err } = await run(["download-droplet", "dora", "--droplet", "d1", "-p", "dora.tgz"]);
  assert.deepEqual([code, err], [0, ""]);
  assert.match(out, /Droplet downloaded successfully at dora\.tgz\nOK/);
  assert.deepEqual([tokens.length, tokens[0]?.startsWith("bearer "), tokens[1]], [2, true, undefined]);
  const lost = await run(["download-droplet", "dora", "--droplet", "d1", "-p", "no/where.tgz"]);
  assert.match(lost.err, /^Error creating droplet file: open .*no\/where\.tgz: no such file or directory\n$/);
});

test("every command of the list can be loaded and explains itself", async (context) => {
  const { run } = await world(context, {});
  const { COMMANDS } = await import("./command-list.ts");
  for (const { name } of COMMANDS) {
    const { code, out } = await run(["help", name]);
    assert.equal(code, 0, name);
    assert.match(out, new RegExp(`^NAME:\n {3}${name} - .+\n\nUSAGE:\n {3}`), name);
  }
});
