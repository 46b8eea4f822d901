import { CloudController, type Query } from "./cloud-controller.ts";
import type { CommandCategories } from "./command-list.ts";
import type { ConfigFile } from "./config-file.ts";
import { type CurrentUser, currentUserOf } from "./current-user.ts";
import type { CliDeps } from "./deps.ts";
import { CliError, notFound } from "./errors.ts";
import { Http } from "./http.ts";
import { Prompts } from "./prompt.ts";
import type { App, Domain, Org, Resource, Space } from "./resources.ts";
import type { Trace } from "./trace.ts";
import { UaaApi } from "./uaa-api.ts";
import type { Ui } from "./ui.ts";

const MINUTE_MS = 60_000;

/** What a command works with: the user's configuration, the screen, the API. */
export class Cli {
  readonly deps: CliDeps;
  readonly ui: Ui;
  readonly config: ConfigFile;
  readonly verbose: boolean;
  readonly http: Http;
  readonly uaa: UaaApi;
  readonly cc: CloudController;
  readonly ask: Prompts;
  /** All commands there are, for `cf help`. */
  readonly categories: CommandCategories;

  constructor(parts: {
    readonly deps: CliDeps;
    readonly ui: Ui;
    readonly config: ConfigFile;
    readonly trace: Trace;
    readonly verbose: boolean;
    readonly categories: CommandCategories;
  }) {
    const { deps, ui, config } = parts;
    this.deps = deps;
    this.ui = ui;
    this.config = config;
    this.verbose = parts.verbose;
    this.categories = parts.categories;
    this.http = new Http(deps, parts.trace, () => config.values.SSLDisabled);
    this.uaa = new UaaApi(this.http, config);
    const { clock, signal } = deps;
    const warn = (line: string): void => ui.warn(line);
    this.cc = new CloudController({ http: this.http, uaa: this.uaa, config, clock, signal, warn });
    this.ask = new Prompts(deps, ui);
  }

  /** Ends what would keep the program alive. */
  close(): void {
    this.ask.close();
    this.http.close();
  }

  /** The user, after the checks that every command begins with. Throws the official texts. cli: check_target.go */
  requireTarget(needed: "login" | "org" | "space"): CurrentUser {
    const { Target, AccessToken, RefreshToken, OrganizationFields, SpaceFields } = this.config.values;
    if (Target === "") {
      throw new CliError("No API endpoint set. Use 'cf login' or 'cf api' to target an endpoint.");
    }
    const user = AccessToken === "" && RefreshToken === "" ? null : currentUserOf(AccessToken);
    if (user === null) throw new CliError("Not logged in. Use 'cf login' or 'cf login --sso' to log in.");
    if (needed !== "login" && OrganizationFields.GUID === "") {
      throw new CliError("No org targeted, use 'cf target -o ORG' to target an org.");
    }
    if (needed === "space" && SpaceFields.GUID === "") {
      throw new CliError("No space targeted, use 'cf target -s SPACE' to target a space.");
    }
    return user;
  }

  get org(): { readonly guid: string; readonly name: string } {
    const { GUID, Name } = this.config.values.OrganizationFields;
    return { guid: GUID, name: Name };
  }

  get space(): { readonly guid: string; readonly name: string } {
    const { GUID, Name } = this.config.values.SpaceFields;
    return { guid: GUID, name: Name };
  }

  get stagingTimeoutMs(): number {
    return minutes(this.deps.env["CF_STAGING_TIMEOUT"], 15);
  }

  get startupTimeoutMs(): number {
    return minutes(this.deps.env["CF_STARTUP_TIMEOUT"], 5);
  }

  async orgByName(name: string): Promise<Org> {
    return await this.#one<Org>("/v3/organizations", { names: [name] }, "Organization", name);
  }

  async spaceByName(name: string, orgGuid: string): Promise<Space> {
    return await this.#one<Space>("/v3/spaces", { names: [name], organization_guids: orgGuid }, "Space", name);
  }

  /** In the targeted space unless another one is named. */
  async appByName(name: string, spaceGuid = this.space.guid): Promise<App> {
    return await this.#one<App>("/v3/apps", { names: [name], space_guids: spaceGuid }, "App", name);
  }

  async domainByName(name: string): Promise<Domain> {
    return await this.#one<Domain>("/v3/domains", { names: [name] }, "Domain", name);
  }

  async #one<T extends Resource>(path: string, query: Query, kind: string, name: string): Promise<T> {
    const found = await this.cc.first<T>(path, query);
    if (found === null) throw notFound(kind, name);
    return found;
  }
}

function minutes(text: string | undefined, fallback: number): number {
  const wanted = Number(text);
  return (text !== undefined && Number.isFinite(wanted) && wanted > 0 ? wanted : fallback) * MINUTE_MS;
}
