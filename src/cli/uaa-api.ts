import type { ConfigFile } from "./config-file.ts";
import { tokenClaims } from "./current-user.ts";
import { CliError } from "./errors.ts";
import type { Http, HttpAnswer, HttpCall } from "./http.ts";

/** Somebody else's token about a user stands for the password. RFC 7523 */
export const JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/** The UAA said no. */
export class UaaFailure extends CliError {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export interface Prompt {
  readonly type: string;
  readonly label: string;
}

/** What the command line asks of the UAA. cli: api/uaa */
export class UaaApi {
  readonly #http: Http;
  readonly #config: ConfigFile;

  constructor(http: Http, config: ConfigFile) {
    this.#http = http;
    this.#config = config;
  }

  /** Keeps the tokens in the configuration. Throws `UaaFailure` with the official texts. */
  async authenticate(form: Readonly<Record<string, string>>, origin: string): Promise<void> {
    const { values } = this.#config;
    const query = origin === "" ? "" : `?login_hint=${encodeURIComponent(JSON.stringify({ origin }))}`;
    const grant = form["grant_type"] ?? "";
    const url = `${values.AuthorizationEndpoint || values.UaaEndpoint}/oauth/token${query}`;
    const client = {
      id: (grant === JWT_BEARER ? form["client_id"] : "") || values.UAAOAuthClient,
      secret: (grant === JWT_BEARER ? form["client_secret"] : "") || values.UAAOAuthClientSecret,
    };
    const answer = await this.#post(url, form, grant === "client_credentials" ? null : client);
    values.UAAGrantType = grant === "password" ? "" : grant;
    const clientId = form["client_id"] ?? "";
    if (grant !== "password" && clientId !== "") {
      values.UAAOAuthClient = clientId;
      values.UAAOAuthClientSecret = "";
    }
    this.#keep(answer);
  }

  /** A new access token for the refresh token (or client credentials) that we hold. */
  async refresh(): Promise<string> {
    const { values } = this.#config;
    if (values.UAAGrantType === "client_credentials") {
      throw new UaaFailure(401, "invalid_token", INVALID_TOKEN);
    }
    const form = { grant_type: "refresh_token", refresh_token: values.RefreshToken };
    const client = { id: values.UAAOAuthClient, secret: values.UAAOAuthClientSecret };
    this.#keep(await this.#post(`${values.UaaEndpoint}/oauth/token`, form, client));
    return values.AccessToken;
  }

  async prompts(): Promise<ReadonlyMap<string, Prompt>> {
    const { AuthorizationEndpoint, UaaEndpoint } = this.#config.values;
    const answer = await this.#call({ method: "GET", url: `${AuthorizationEndpoint || UaaEndpoint}/login` });
    const prompts = (answer["prompts"] ?? {}) as Record<string, [string, string]>;
    return new Map(Object.entries(prompts).map(([name, [type, label]]) => [name, { type, label }]));
  }

  /** Ends a token; a token that cannot be ended is left to expire. */
  async revoke(token: string): Promise<void> {
    const claims = tokenClaims(token);
    if (claims === null || claims["revocable"] !== true) return;
    const url = `${this.#config.values.UaaEndpoint}/oauth/token/revoke/${encodeURIComponent(String(claims["jti"]))}`;
    await this.#http.call({ method: "DELETE", url, headers: { authorization: this.#bearer() } });
  }

  /** One-time code for SSH. */
  async sshCode(): Promise<string> {
    const { UaaEndpoint, SSHOAuthClient } = this.#config.values;
    const query = new URLSearchParams({ response_type: "code", client_id: SSHOAuthClient });
    const url = `${UaaEndpoint}/oauth/authorize?${query}`;
    const answer = await this.#http.call({ method: "GET", url, headers: { authorization: this.#bearer() } });
    if (answer.status >= 400) throw failureOf(answer);
    return new URL(answer.headers.location ?? "", UaaEndpoint).searchParams.get("code") ?? "";
  }

  async createUser(userName: string, password: string, origin: string): Promise<string> {
    const user = {
      userName,
      password,
      origin,
      name: { familyName: userName, givenName: userName },
      emails: [{ value: userName, primary: true }],
    };
    const answer = await this.#authorized("POST", "/Users", user);
    return String(answer["id"]);
  }

  async usersByName(userName: string, origin: string): Promise<{ readonly id: string; readonly origin: string }[]> {
    let filter = `userName eq ${JSON.stringify(userName)}`;
    if (origin !== "") filter += ` and origin eq ${JSON.stringify(origin)}`;
    const answer = await this.#authorized("GET", `/Users?filter=${encodeURIComponent(filter)}`);
    return (answer["resources"] ?? []) as { id: string; origin: string }[];
  }

  /** Whether there is a client with this id. Throws `UaaFailure` for who may not ask. */
  async hasClient(id: string): Promise<boolean> {
    try {
      await this.#authorized("GET", `/oauth/clients/${encodeURIComponent(id)}`);
      return true;
    } catch (error) {
      if (error instanceof UaaFailure && error.status === 404) return false;
      throw error;
    }
  }

  async deleteUser(id: string): Promise<void> {
    await this.#authorized("DELETE", `/Users/${encodeURIComponent(id)}`);
  }

  async changePassword(id: string, oldPassword: string, password: string): Promise<void> {
    await this.#authorized("PUT", `/Users/${encodeURIComponent(id)}/password`, { oldPassword, password });
  }

  async #authorized(method: string, path: string, body?: unknown): Promise<Record<string, unknown>> {
    const call = (): HttpCall => ({
      method,
      url: this.#config.values.UaaEndpoint + path,
      headers: {
        authorization: this.#bearer(),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    try {
      return await this.#call(call());
    } catch (error) {
      if (!(error instanceof UaaFailure) || error.code !== "invalid_token") throw error;
      await this.refresh();
      return await this.#call(call());
    }
  }

  #bearer(): string {
    return this.#config.values.AccessToken;
  }

  /** `client`: who says so in a header; null: the form says it. */
  async #post(
    url: string,
    form: Readonly<Record<string, string>>,
    client: { readonly id: string; readonly secret: string } | null,
  ): Promise<Record<string, unknown>> {
    return await this.#call({
      method: "POST",
      url,
      headers: {
        "content-type": "application/x-www-form-urlencoded",
        ...(client === null
          ? {}
          : { authorization: `Basic ${Buffer.from(`${client.id}:${client.secret}`).toString("base64")}` }),
      },
      body: new URLSearchParams(form).toString(),
    });
  }

  async #call(call: HttpCall): Promise<Record<string, unknown>> {
    const answer = await this.#http.call(call);
    if (answer.status >= 400) throw failureOf(answer);
    return (answer.body.length === 0 ? {} : JSON.parse(answer.body.toString())) as Record<string, unknown>;
  }

  #keep(answer: Readonly<Record<string, unknown>>): void {
    this.#config.values.AccessToken = `bearer ${String(answer["access_token"])}`;
    this.#config.values.RefreshToken = String(answer["refresh_token"] ?? "");
  }
}

const INVALID_TOKEN =
  "The token expired, was revoked, or the token ID is incorrect. Please log back in to re-authenticate.";

/** cli: api/uaa/error_converter.go and command/translatableerror */
function failureOf(answer: HttpAnswer): UaaFailure {
  let body: Record<string, unknown> = {};
  try {
    body = JSON.parse(answer.body.toString()) as Record<string, unknown>;
  } catch {
    const raw = answer.body.toString().slice(0, 500);
    return new UaaFailure(answer.status, "", `Error Code: ${answer.status}\nRaw Response: ${raw}`);
  }
  const code = String(body["error"] ?? "");
  const description = String(body["error_description"] ?? "");
  let message = description;
  if (answer.status === 401 && code === "invalid_token") message = INVALID_TOKEN;
  else if (answer.status === 401 && description === "Bad credentials")
    message = "Credentials were rejected, please try again.";
  else if (description.startsWith("The origin provided in the login hint")) message = "The origin provided is invalid.";
  else if (code === "insufficient_scope") message = "You are not authorized to perform the requested action.";
  else if (answer.status === 400 && code !== "invalid_scim_resource") {
    message = `Error Code: ${answer.status}\nRaw Response: ${answer.body.toString()}`;
  }
  return new UaaFailure(answer.status, code, message);
}
