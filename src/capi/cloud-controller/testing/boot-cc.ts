import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import type { UaaUser } from "../../../identity/uaa/client.ts";
import { systemClock } from "../../../kit/clock-system.ts";
import { socketHttpClient } from "../../../kit/http-client.ts";
import { silentLog } from "../../../kit/log.ts";
import { systemRandom, systemSecrets } from "../../../kit/random-system.ts";
import { dropTestDatabase, testDatabase } from "../../../kit/testing/test-database.ts";
import { createBrokerClient, DEFAULT_BROKER_LIMITS } from "../../../services/broker-client/index.ts";
import type { BlobstoreClient } from "../../blobstore/client.ts";
import type { BridgeClient } from "../../cc-bridge/client.ts";
import type { CcLimits } from "../config.ts";
import { type CcConfig, type CcDeps, type CloudController, DEFAULT_LIMITS, startCloudController } from "../index.ts";

/** What an API answered; `body` is the parsed JSON, or null. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

export type Call = (method: string, path: string, body?: unknown) => Promise<Answer>;

export const SEALING_SECRET = "a key of tests";
const DATABASE_FILE = "cc.sqlite";
const SCOPES = ["cloud_controller.read", "cloud_controller.write"];

/** A Cloud Controller on a temporary folder, with a UAA that knows whoever `as` names and a Diego that does nothing. For tests. */
export class TestCc implements AsyncDisposable {
  readonly #folder: string;
  #config: CcConfig;
  readonly #deps: CcDeps;
  readonly #key: CryptoKey;
  readonly #users: UaaUser[];
  #cc: CloudController;

  private constructor(
    folder: string,
    config: CcConfig,
    deps: CcDeps,
    key: CryptoKey,
    users: UaaUser[],
    cc: CloudController,
  ) {
    this.#folder = folder;
    this.#config = config;
    this.#deps = deps;
    this.#key = key;
    this.#users = users;
    this.#cc = cc;
  }

  /** `replaced` takes the place of dependencies that do nothing, `limits` that of some default limits, `more` of other configuration. */
  static async boot(
    replaced: Partial<CcDeps> = {},
    limits: Partial<CcLimits> = {},
    more: Partial<CcConfig> = {},
  ): Promise<TestCc> {
    const folder = await mkdtemp(join(tmpdir(), "ingot-cc-"));
    const { publicKey, privateKey } = await generateKeyPair("RS256");
    const users: UaaUser[] = [];
    const jwk = { ...(await exportJWK(publicKey)), kid: "key-1" };
    const config = { ...configIn(folder), limits: { ...DEFAULT_LIMITS, ...limits }, ...more };
    const deps = { ...testDeps(users, [jwk]), ...replaced };
    return new TestCc(folder, config, deps, privateKey, users, await startCloudController(config, deps));
  }

  get url(): string {
    return `http://127.0.0.1:${this.#cc.address.port}`;
  }

  get internalSocketPath(): string {
    return this.#cc.internal.socketPath;
  }

  /** What the CC bridge reads and writes. */
  get bridgeSource(): CloudController["bridgeSource"] {
    return this.#cc.bridgeSource;
  }

  get operator(): CloudController["operator"] {
    return this.#cc.operator;
  }

  /** Where the rows are. */
  get database(): CcConfig["database"] {
    return this.#config.database;
  }

  /** The database's file; only with SQLite. */
  get databasePath(): string {
    return join(this.#folder, DATABASE_FILE);
  }

  /** Stops and starts again on the same database, with other limits and configuration where given; `between` sees it closed. */
  async restart(
    between: () => void | Promise<void> = () => undefined,
    limits: Partial<CcLimits> = {},
    more: Partial<CcConfig> = {},
  ): Promise<void> {
    await this.#cc[Symbol.asyncDispose]();
    this.#config = { ...this.#config, ...more, limits: { ...this.#config.limits, ...limits } };
    await between();
    this.#cc = await startCloudController(this.#config, this.#deps);
  }

  /** A token with these scopes and claims; `alice` is the user with the guid `alice-guid`. */
  async token(
    userName: string,
    scopes: readonly string[] = SCOPES,
    claims: object = {},
    kid = "key-1",
  ): Promise<string> {
    const guid = `${userName}-guid`;
    if (!this.#users.some(({ id }) => id === guid)) this.#users.push({ id: guid, userName, origin: "uaa" });
    return new SignJWT({
      user_id: guid,
      user_name: userName,
      email: `${userName}@example.com`,
      scope: scopes,
      aud: ["cloud_controller"],
      exp: Math.floor(this.#deps.clock.nowMs() / 1000) + 600,
      ...claims,
    })
      .setProtectedHeader({ alg: "RS256", kid })
      .sign(this.#key);
  }

  /** Calls in the name of a user without roles of his own. */
  async as(userName: string, scopes: readonly string[] = SCOPES): Promise<Call> {
    const token = await this.token(userName, scopes);
    return (method, path, body) => this.fetch(method, path, body, { authorization: `bearer ${token}` });
  }

  admin(): Promise<Call> {
    return this.as("admin", ["cloud_controller.admin", ...SCOPES]);
  }

  /** Makes something as admin and gives its guid. */
  async make(path: string, body: object): Promise<string> {
    const call = await this.admin();
    const answer = await call("POST", path, body);
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
    return (answer.body as { guid: string }).guid;
  }

  /** A text body is sent as it stands, everything else as JSON. */
  async fetch(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const sent = body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) };
    const response = await fetch(`${this.url}${path}`, { method, headers, redirect: "manual", ...sent });
    const text = await response.text();
    const json = response.headers.get("content-type")?.includes("json") ?? false;
    // /healthz says OK as JSON, which it is not; the real one does so.
    const parsed = json && text !== "OK" ? JSON.parse(text) : null;
    return { status: response.status, headers: response.headers, body: parsed };
  }

  /** Waits for the job that an answer points at; gives its document. */
  async job(answer: Answer): Promise<{ state: string; errors: { code: number; detail: string }[] }> {
    const location = new URL(answer.headers.get("location") ?? "");
    const call = await this.admin();
    for (;;) {
      const { body } = await call("GET", location.pathname);
      const job = body as { state: string; errors: { code: number; detail: string }[] };
      if (job.state !== "PROCESSING" && job.state !== "POLLING") return job;
      await this.#deps.clock.sleep(5);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#cc[Symbol.asyncDispose]();
    await dropTestDatabase(this.#config.database);
    await rm(this.#folder, { recursive: true, force: true });
  }
}

function configIn(folder: string): CcConfig {
  return {
    database: testDatabase(join(folder, DATABASE_FILE)),
    sealing: { current: "test", keys: { test: SEALING_SECRET } },
    listen: { host: "127.0.0.1", port: 0 },
    internalSocketPath: join(folder, "cc.sock"),
    externalDomain: "cf.localhost",
    appDomains: ["apps.cf.localhost"],
    urls: {
      api: "https://api.cf.localhost",
      login: "https://login.cf.localhost",
      uaa: "https://uaa.cf.localhost",
      credhub: "https://credhub.cf.localhost",
      routing: "https://api.cf.localhost/routing",
      logging: "wss://doppler.cf.localhost:443",
      logCache: "https://log-cache.cf.localhost",
      logStream: "https://log-stream.cf.localhost",
      appSsh: "ssh.cf.localhost:2222",
    },
    tcpPorts: { from: 1024, to: 1026 },
    appSshHostKeyFingerprint: "SHA256:fingerprint",
    limits: DEFAULT_LIMITS,
    systemBuildpacks: [],
    info: {
      name: "Test",
      build: "0",
      description: "",
      version: 0,
      supportAddress: "",
      minCliVersion: "",
      minRecommendedCliVersion: "",
    },
  };
}

/** A Diego that takes everything and runs nothing. */
export function quietBridge(): BridgeClient {
  const quiet = async (): Promise<void> => undefined;
  return {
    processChanged: quiet,
    stopInstance: quiet,
    stage: quiet,
    stopStaging: quiet,
    desireTask: quiet,
    cancelTask: quiet,
    instances: async () => [],
    instanceCounts: async () => ({ starting: 0, routable: 0, unhealthy: 0 }),
  };
}

/** A Diego in which whatever it is asked for runs at once. */
export function promptBridge(): BridgeClient {
  const instanceCounts: BridgeClient["instanceCounts"] = async ({ instances }) => ({
    starting: 0,
    routable: instances,
    unhealthy: 0,
  });
  return { ...quietBridge(), instanceCounts };
}

function testDeps(users: UaaUser[], keys: readonly Record<string, unknown>[]): CcDeps {
  const nothing = (): Promise<never> => Promise.reject(new Error("not in this test"));
  const quiet = async (): Promise<void> => undefined;
  /** Of the UAA: one is nobody's dashboard. */
  const clients = new Set(["cf"]);
  const blobstore: BlobstoreClient = {
    put: nothing,
    putFile: nothing,
    stat: async () => null,
    read: nothing,
    localPath: nothing,
    copy: nothing,
    delete: quiet,
    keys: async () => [],
  };
  return {
    clock: systemClock(),
    random: systemRandom(),
    secrets: systemSecrets(),
    log: silentLog(),
    http: { request: nothing },
    brokers: createBrokerClient(
      { ...DEFAULT_BROKER_LIMITS, apiInfoLocation: "api.cf.localhost/v2/info" },
      { http: socketHttpClient(), clock: systemClock(), random: systemRandom() },
    ),
    agent: { emit: () => undefined },
    buildpackArchive: nothing,
    blobstore,
    bridge: quietBridge(),
    uaa: {
      tokenKeys: async () => ({ keys }),
      usersById: async (ids) => users.filter(({ id }) => ids.includes(id)),
      usersByName: async (names, origin) =>
        users.filter(
          (user) =>
            names.some((name) => name.toLowerCase() === user.userName.toLowerCase()) &&
            (origin === null || user.origin === origin),
        ),
      ensureShadowUser: async (userName, origin) => {
        const known = users.find((user) => user.userName === userName && user.origin === origin);
        const user = known ?? { id: `shadow-${users.length}`, userName, origin };
        if (known === undefined) users.push(user);
        return user;
      },
      existingClients: async (ids) => ids.filter((id) => clients.has(id)),
      changeDashboardClients: async ({ add, update, remove }) => {
        if (add.some(({ redirectUri }) => redirectUri === "refused")) return { refused: "bad redirect_uri" };
        for (const client of [...add, ...update]) clients.add(client.id);
        for (const id of remove) clients.delete(id);
        return null;
      },
    },
  };
}
