import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CliError } from "./errors.ts";

export interface Target {
  readonly GUID: string;
  readonly Name: string;
}

/** `.cf/config.json` as the official command line keeps it, so that both share sessions. cli: util/configv3/json_config.go */
export interface CfConfig {
  AccessToken: string;
  APIVersion: string;
  AsyncTimeout: number;
  AuthorizationEndpoint: string;
  CFOnK8s: { Enabled: boolean; AuthInfo: string };
  ColorEnabled: string;
  ConfigVersion: number;
  DopplerEndPoint: string;
  Locale: string;
  LogCacheEndPoint: string;
  MinCLIVersion: string;
  MinRecommendedCLIVersion: string;
  NetworkPolicyV1Endpoint: string;
  OrganizationFields: Target;
  PluginRepos: readonly { readonly Name: string; readonly URL: string }[];
  RefreshToken: string;
  RoutingAPIEndpoint: string;
  SpaceFields: Target & { readonly AllowSSH: boolean };
  SSHOAuthClient: string;
  SSLDisabled: boolean;
  Target: string;
  Trace: string;
  UaaEndpoint: string;
  UAAGrantType: string;
  UAAOAuthClient: string;
  UAAOAuthClientSecret: string;
}

const NO_TARGET: Target = { GUID: "", Name: "" };

export function emptyConfig(): CfConfig {
  return {
    AccessToken: "",
    APIVersion: "",
    AsyncTimeout: 0,
    AuthorizationEndpoint: "",
    CFOnK8s: { Enabled: false, AuthInfo: "" },
    ColorEnabled: "",
    ConfigVersion: 4,
    DopplerEndPoint: "",
    Locale: "",
    LogCacheEndPoint: "",
    MinCLIVersion: "",
    MinRecommendedCLIVersion: "",
    NetworkPolicyV1Endpoint: "",
    OrganizationFields: NO_TARGET,
    PluginRepos: [{ Name: "CF-Community", URL: "https://plugins.cloudfoundry.org" }],
    RefreshToken: "",
    RoutingAPIEndpoint: "",
    SpaceFields: { ...NO_TARGET, AllowSSH: false },
    SSHOAuthClient: "ssh-proxy",
    SSLDisabled: false,
    Target: "",
    Trace: "",
    UaaEndpoint: "",
    UAAGrantType: "",
    UAAOAuthClient: "cf",
    UAAOAuthClientSecret: "",
  };
}

/** The file of one user, read once and written when it has changed. */
export class ConfigFile {
  readonly #folder: string;
  readonly #path: string;
  readonly values: CfConfig;
  #written: string;

  /** @param home `CF_HOME` or the home directory. Throws `CliError` when the file is there but cannot be read. */
  constructor(home: string) {
    this.#folder = join(home, ".cf");
    this.#path = join(this.#folder, "config.json");
    let text: string | null = null;
    try {
      text = readFileSync(this.#path, "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
    this.values = { ...emptyConfig(), ...(text === null ? {} : parse(text, this.#path)) };
    this.#written = JSON.stringify(this.values);
  }

  /** Writes atomically (0600), keeping fields that we do not know; nothing when nothing has changed. */
  save(): void {
    const now = JSON.stringify(this.values);
    if (now === this.#written) return;
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    const temporary = `${this.#path}.new`;
    writeFileSync(temporary, `${JSON.stringify(this.values, null, 2)}\n`, { mode: 0o600 });
    renameSync(temporary, this.#path);
    this.#written = now;
  }

  unsetSpace(): void {
    this.values.SpaceFields = { ...NO_TARGET, AllowSSH: false };
  }

  unsetOrgAndSpace(): void {
    this.values.OrganizationFields = NO_TARGET;
    this.unsetSpace();
  }

  unsetTokens(): void {
    this.values.AccessToken = "";
    this.values.RefreshToken = "";
  }

  /** As after `cf logout`. */
  unsetUser(): void {
    this.unsetTokens();
    this.unsetOrgAndSpace();
    this.values.UAAGrantType = "";
    this.values.UAAOAuthClient = "cf";
    this.values.UAAOAuthClientSecret = "";
  }
}

function parse(text: string, path: string): Partial<CfConfig> {
  if (text.trim() === "") return {};
  try {
    const values: unknown = JSON.parse(text);
    if (typeof values === "object" && values !== null) return values as Partial<CfConfig>;
  } catch {
    // told below
  }
  throw new CliError(`Error: ${path} is not valid JSON; remove it to start anew`);
}
