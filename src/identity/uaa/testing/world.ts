import assert from "node:assert/strict";
import type { UaaConfig, UaaDeps } from "../index.ts";
import { type Answer, type BootedUaa, bootUaa, FORM, type Json, newUser, secretOf } from "./boot-uaa.ts";
import { Browser } from "./uaa-browser.ts";

/** What a request says besides method and address. */
export interface Call {
  /** For the names in the path. */
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly form?: Readonly<Record<string, string>>;
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export const CALLBACK = "https://shop.example/callback";
/** The password of every user who is made here. */
export const PASSWORD = "pw";

/** A booted UAA and short ways to have in it what requests are about. All is made by the administrator. */
export class UaaWorld implements AsyncDisposable {
  readonly uaa: BootedUaa;
  #count = 0;
  #admin: Promise<string> | null = null;
  #zone: Promise<string> | null = null;

  constructor(uaa: BootedUaa) {
    this.uaa = uaa;
  }

  static async boot(deps: Partial<UaaDeps> = {}, config: Partial<UaaConfig> = {}): Promise<UaaWorld> {
    return new UaaWorld(await bootUaa(undefined, undefined, config, deps));
  }

  name(prefix: string): string {
    return `${prefix}-${++this.#count}`;
  }

  /** A token that may do everything. */
  admin(): Promise<string> {
    this.#admin ??= this.uaa.adminClient();
    return this.#admin;
  }

  async make(method: string, path: string, body: unknown): Promise<Json> {
    const made = await this.uaa.json(method, path, await this.admin(), body);
    assert.ok(made.status < 300, `${method} ${path}: ${made.status} ${made.text}`);
    return made.json;
  }

  async user(more: Json = {}): Promise<{ id: string; name: string }> {
    const name = this.name("user");
    return { id: String((await this.make("POST", "/Users", { ...newUser(name), ...more }))["id"]), name };
  }

  async group(
    members: readonly string[] = [],
    displayName = this.name("group"),
  ): Promise<{ id: string; name: string }> {
    const body = { displayName, members: members.map((value) => ({ value })) };
    return { id: String((await this.make("POST", "/Groups", body))["id"]), name: displayName };
  }

  async client(more: Json = {}): Promise<string> {
    const id = this.name("client");
    await this.make("POST", "/oauth/clients", { ...this.clientBody(id), ...more });
    return id;
  }

  clientBody(id = this.name("client")): Json {
    return {
      client_id: id,
      client_secret: secretOf(id),
      authorized_grant_types: ["authorization_code"],
      redirect_uri: [CALLBACK],
      scope: ["uaa.none"],
      authorities: ["uaa.none"],
    };
  }

  providerBody(originKey = this.name("origin")): Json {
    const config = {
      authUrl: "https://idp.example/authorize",
      tokenUrl: "https://idp.example/token",
      tokenKeyUrl: "https://idp.example/keys",
      relyingPartyId: "us",
      linkText: "Elsewhere",
    };
    return { originKey, name: originKey, type: "oidc1.0", config, active: true };
  }

  async provider(): Promise<{ id: string; origin: string }> {
    const body = this.providerBody();
    return {
      id: String((await this.make("POST", "/identity-providers", body))["id"]),
      origin: String(body["originKey"]),
    };
  }

  async mapping(): Promise<Record<"groupId" | "displayName" | "externalGroup" | "origin", string>> {
    const { id, name } = await this.group();
    const externalGroup = this.name("outside");
    await this.make("POST", "/Groups/External", { groupId: id, externalGroup, origin: "ldap" });
    return { groupId: id, displayName: name, externalGroup, origin: "ldap" };
  }

  /** A zone that stays. */
  zone(): Promise<string> {
    this.#zone ??= this.newZone();
    return this.#zone;
  }

  async newZone(): Promise<string> {
    const id = this.name("zone");
    await this.make("POST", "/identity-zones", { id, subdomain: id, name: id });
    return id;
  }

  /** A member of `zones.ZONE.admin`. */
  async zoneManager(zoneId: string): Promise<string> {
    const { id } = await this.user();
    await this.make("POST", "/Groups/zones", { displayName: `zones.${zoneId}.admin`, members: [{ value: id }] });
    return id;
  }

  /** A token of a new client with these authorities. */
  async clientToken(...authorities: string[]): Promise<string> {
    const id = await this.client({ authorized_grant_types: ["client_credentials"], authorities });
    return String((await this.uaa.token({ grant_type: "client_credentials" }, id)).json["access_token"]);
  }

  /** A token of a user by the password grant, with these scopes. */
  async userToken(name: string, client: string, scope: string): Promise<string> {
    const form = { grant_type: "password", username: name, password: PASSWORD, scope };
    const answer = await this.uaa.token(form, client, client === "cf" ? "" : secretOf(client));
    assert.equal(answer.status, 200, answer.text);
    return String(answer.json["access_token"]);
  }

  async signedIn(name: string): Promise<Browser> {
    const browser = new Browser(this.uaa);
    await browser.signIn(name, PASSWORD);
    return browser;
  }

  /** Sends a call; `authorization` null: without. */
  async send(method: string, path: string, call: Call, authorization: string | null): Promise<Answer> {
    const { params = {}, query, json, form, text } = call;
    const filled = path.replaceAll(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? `no-${name}`));
    const search = query === undefined ? "" : `?${new URLSearchParams(query)}`;
    const body =
      json !== undefined ? JSON.stringify(json) : form !== undefined ? String(new URLSearchParams(form)) : text;
    const headers: Record<string, string> = {
      ...(json === undefined ? {} : { "content-type": "application/json" }),
      ...(form === undefined ? {} : FORM),
      ...(text === undefined ? {} : { "content-type": "text/plain" }),
      ...(authorization === null ? {} : { authorization }),
      ...call.headers,
    };
    return await this.uaa.send(method, filled + search, headers, body);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.uaa[Symbol.asyncDispose]();
  }
}
