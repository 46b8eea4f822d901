import type { Clock } from "../../../kit/clock.ts";
import { systemClock } from "../../../kit/clock-system.ts";
import { socketHttpClient } from "../../../kit/http-client.ts";
import { silentLog } from "../../../kit/log.ts";
import { systemRandom, systemSecrets } from "../../../kit/random-system.ts";
import { TestDatabase, testDatabase } from "../../../kit/testing/test-database.ts";
import { standardClients, startUaa, type Uaa, type UaaConfig, type UaaDeps } from "../index.ts";

export type Json = Record<string, unknown>;
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly json: Json;
  readonly text: string;
}

export const UAA_URL = "https://uaa.cf.localhost:8443";
export const secretOf = (id: string): string => `${id}-secret-0123456789abcdef`;
export const FORM = { "content-type": "application/x-www-form-urlencoded" } as const;

export const password = (username: string, word: string): Record<string, string> => ({
  grant_type: "password",
  username,
  password: word,
});
export const newUser = (userName: string): Json => ({
  userName,
  password: "pw",
  emails: [{ value: userName, primary: true }],
});
export const basic = (id: string, secret: string): string =>
  `Basic ${Buffer.from(`${id}:${secret}`).toString("base64")}`;

const FORGOTTEN = ":memory:";

/** A UAA on a free port with the user `admin` (password `s3cret`), and short ways to ask it. */
export interface BootedUaa extends AsyncDisposable {
  readonly uaa: Uaa;
  readonly baseUrl: string;
  send(method: string, path: string, headers: Record<string, string>, body?: string): Promise<Answer>;
  /** The token endpoint, as the client `cf` or another one. */
  token(form: Record<string, string>, id?: string, secret?: string): Promise<Answer>;
  json(method: string, path: string, token: unknown, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** A bearer token of the client `admin`, which registers clients and users. */
  adminClient(): Promise<string>;
  /** A token of a new client with just this authority. */
  adminClientWith(authority: string): Promise<string>;
  /** A bearer token of the administrator. */
  adminToken(): Promise<string>;
}

/** `path`: where the rows are, to find them there again; left out, they are forgotten. */
export async function bootUaa(
  path = FORGOTTEN,
  clock: Clock = systemClock(),
  config: Partial<UaaConfig> = {},
  deps: Partial<UaaDeps> = {},
): Promise<BootedUaa> {
  const place = path === FORGOTTEN ? new TestDatabase() : null;
  const uaa = await startUaa(
    {
      database: place?.location ?? testDatabase(path),
      domain: "cf.localhost",
      issuerUrl: `${UAA_URL}/oauth/token`,
      listen: { host: "127.0.0.1", port: 0 },
      loginUrl: "https://login.cf.localhost:8443",
      uaaUrl: UAA_URL,
      adminUser: "admin",
      adminPassword: "s3cret",
      clients: standardClients(UAA_URL, secretOf),
      ...config,
    },
    { clock, random: systemRandom(), secrets: systemSecrets(), log: silentLog(), http: socketHttpClient(), ...deps },
  );
  const baseUrl = `http://127.0.0.1:${uaa.address.port}`;
  const send: BootedUaa["send"] = async (method, path, headers, body) => {
    const answer = await fetch(baseUrl + path, {
      method,
      headers,
      redirect: "manual",
      ...(body === undefined ? {} : { body }),
    });
    const text = await answer.text();
    const isJson = (answer.headers.get("content-type") ?? "").includes("json") && text !== "";
    return { status: answer.status, headers: answer.headers, text, json: isJson ? (JSON.parse(text) as Json) : {} };
  };
  const token: BootedUaa["token"] = (form, id = "cf", secret = id === "cf" ? "" : secretOf(id)) =>
    send("POST", "/oauth/token", { authorization: basic(id, secret), ...FORM }, new URLSearchParams(form).toString());
  const json: BootedUaa["json"] = (method, path, bearer, body, headers = {}) =>
    send(
      method,
      path,
      {
        authorization: `bearer ${String(bearer)}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      body === undefined ? undefined : JSON.stringify(body),
    );
  const adminClient = async (): Promise<string> =>
    String((await token({ grant_type: "client_credentials" }, "admin")).json["access_token"]);
  return {
    uaa,
    baseUrl,
    send,
    token,
    json,
    adminClient,
    adminClientWith: async (authority) => {
      const id = `with-${authority}`;
      const client = { client_id: id, client_secret: secretOf(id), authorities: [authority] };
      await json("POST", "/oauth/clients", await adminClient(), {
        ...client,
        authorized_grant_types: ["client_credentials"],
      });
      return String((await token({ grant_type: "client_credentials" }, id)).json["access_token"]);
    },
    adminToken: async () => String((await token(password("admin", "s3cret"))).json["access_token"]),
    [Symbol.asyncDispose]: async () => {
      await uaa[Symbol.asyncDispose]();
      await place?.[Symbol.asyncDispose]();
    },
  };
}
