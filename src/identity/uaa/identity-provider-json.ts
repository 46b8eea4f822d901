import { UaaError } from "./errors.ts";
import { defaultsOf, isOauth, type ProviderConfig } from "./identity-provider.ts";
import { isHttpUrl } from "./provider-http.ts";

/** What a request says of a provider. */
export interface ProviderInput {
  readonly originKey: string;
  readonly name: string;
  readonly type: string;
  readonly config: ProviderConfig;
  readonly active: boolean;
}

const TYPES: ReadonlySet<string> = new Set(["uaa", "ldap", "oauth2.0", "oidc1.0"]);
const LDAP_PROFILES: ReadonlySet<unknown> = new Set([
  "ldap/ldap-search-and-bind.xml",
  "ldap/ldap-search-and-compare.xml",
  "ldap/ldap-simple-bind.xml",
]);
const LDAP_GROUPS: ReadonlySet<unknown> = new Set([
  "ldap/ldap-groups-null.xml",
  "ldap/ldap-groups-map-to-scopes.xml",
  "ldap/ldap-groups-as-scopes.xml",
]);
const URL_FIELDS = ["discoveryUrl", "authUrl", "tokenUrl", "tokenKeyUrl", "userInfoUrl", "logoutUrl"];
/** Set by us alone; a provider that asks for others may have them. */
const STANDARD_PARAMETERS: ReadonlySet<string> = new Set([
  "redirect_uri",
  "code",
  "client_id",
  "client_secret",
  "response_type",
  "grant_type",
  "code_verifier",
  "client_assertion",
  "client_assertion_type",
  "code_challenge",
  "code_challenge_method",
  "nonce",
  "state",
  "scope",
  "assertion",
  "username",
  "password",
]);
const TEXT_MAX = 255;
const CONFIG_TEXT_MAX = 100_000;

/**
 * Reads a provider from JSON; `config` may be an object or the same as a text. Throws `unprocessable_entity` (422) for a
 * configuration that cannot work. UAA: IdentityProviderConfigValidationDelegator and the validators of the types
 */
export function readProvider(body: Readonly<Record<string, unknown>>): ProviderInput {
  const type = text(body, "type");
  const originKey = text(body, "originKey");
  const name = text(body, "name");
  if (!TYPES.has(type)) throw refused(`The provider type ${JSON.stringify(type.slice(0, 40))} is not supported`);
  if ((type === "uaa" || type === "ldap") !== (originKey === "uaa" || originKey === "ldap")) {
    throw refused(`A provider of type ${type} cannot have the origin ${originKey}`);
  }
  if ((type === "uaa" || type === "ldap") && originKey !== type) throw refused(`The origin must be ${type}`);
  if (!/^[\w.@:-]+$/.test(originKey)) throw refused("The originKey has characters that are not allowed");
  const given = readConfig(body["config"]);
  const { linkText } = given;
  // The Java client takes it for a flag; the real one reads any scalar as its text.
  const scalar = typeof linkText === "boolean" || typeof linkText === "number" ? { linkText: String(linkText) } : {};
  const config = { ...defaultsOf(type), ...withoutNulls(given), ...scalar };
  if (isOauth(type)) checkOauth(type, config);
  else if (type === "ldap") checkLdap(config);
  else checkPolicies(config);
  const active = body["active"] ?? true;
  if (typeof active !== "boolean") throw refused("active must be true or false");
  return { type, originKey, name, config, active };
}

function readConfig(value: unknown): ProviderConfig {
  let config = value;
  if (typeof value === "string") {
    if (value.length > CONFIG_TEXT_MAX) throw refused("The config is too long");
    try {
      config = JSON.parse(value);
    } catch {
      throw new UaaError("invalid_request", "Invalid provider configuration.");
    }
  }
  if (config === null || config === undefined) return {};
  if (typeof config !== "object" || Array.isArray(config)) {
    throw new UaaError("invalid_request", "Invalid provider configuration.");
  }
  return config as ProviderConfig;
}

function checkOauth(type: string, config: ProviderConfig): void {
  const broken: string[] = [];
  const hasDiscovery = type === "oidc1.0" && typeof config["discoveryUrl"] === "string";
  if (!hasDiscovery) {
    if (config["authUrl"] === undefined) broken.push("Authorization URL must be a valid URL");
    if (config["tokenUrl"] === undefined) broken.push("Token URL must be a valid URL");
    if (config["tokenKey"] === undefined && config["tokenKeyUrl"] === undefined) {
      broken.push("Either token key or token key URL must be specified");
    }
  }
  for (const field of URL_FIELDS) {
    if (config[field] !== undefined && !isHttpUrl(config[field])) broken.push(`${field} must be an http or https URL`);
  }
  if (typeof config["relyingPartyId"] !== "string" || config["relyingPartyId"].trim() === "") {
    broken.push("Relying Party Id must be the client-id for the UAA that is registered with the external IDP");
  }
  if (config["showLinkText"] === true && typeof config["linkText"] !== "string") {
    broken.push("Link Text must be specified because showLinkText is true");
  }
  const extra = config["additionalAuthzParameters"];
  if (typeof extra === "object" && extra !== null && Object.keys(extra).some((name) => STANDARD_PARAMETERS.has(name))) {
    broken.push("No OAuth standard parameters allowed in section additionalAuthzParameters");
  }
  if (config["scopes"] !== undefined && !isTexts(config["scopes"])) broken.push("scopes must be a list of texts");
  const mode = config["groupMappingMode"];
  if (mode !== undefined && mode !== "EXPLICITLY_MAPPED" && mode !== "AS_SCOPES") {
    broken.push("groupMappingMode must be EXPLICITLY_MAPPED or AS_SCOPES");
  }
  broken.push(...mappingFaults(config));
  if (broken.length > 0) throw refused(`Invalid config for Identity Provider ${broken.join(",")}`);
}

function checkLdap(config: ProviderConfig): void {
  const broken: string[] = [];
  if (!LDAP_PROFILES.has(config["ldapProfileFile"])) broken.push(`Invalid profile file:${config["ldapProfileFile"]}`);
  if (!LDAP_GROUPS.has(config["ldapGroupFile"])) broken.push(`Invalid group file:${config["ldapGroupFile"]}`);
  const urls = typeof config["baseUrl"] === "string" ? config["baseUrl"].split(/\s+/).filter((url) => url !== "") : [];
  if (urls.length === 0 || !urls.every((url) => URL.canParse(url) && /^ldaps?:$/.test(new URL(url).protocol))) {
    broken.push("baseUrl must be an ldap or ldaps URL");
  }
  const tls = config["tlsConfiguration"];
  if (tls !== "none" && tls !== "simple" && tls !== "external") {
    broken.push("tlsConfiguration must be none, simple or external");
  }
  const depth = config["maxGroupSearchDepth"];
  if (typeof depth !== "number" || !Number.isInteger(depth) || depth < 1)
    broken.push("maxGroupSearchDepth must be 1 or more");
  broken.push(...mappingFaults(config));
  if (broken.length > 0) throw refused(broken.join(","));
}

function mappingFaults(config: ProviderConfig): string[] {
  const mappings = config["attributeMappings"];
  const isMap = typeof mappings === "object" && mappings !== null && !Array.isArray(mappings);
  return [
    ...(isMap && Object.values(mappings).every((value) => typeof value === "string" || isTexts(value))
      ? []
      : ["attributeMappings must map names to texts or lists of texts"]),
    ...(isTexts(config["externalGroupsWhitelist"]) ? [] : ["externalGroupsWhitelist must be a list of texts"]),
  ];
}

const PASSWORD_COUNTS = [
  "minLength",
  "maxLength",
  "requireUpperCaseCharacter",
  "requireLowerCaseCharacter",
  "requireDigit",
  "requireSpecialCharacter",
  "expirePasswordInMonths",
];
const LOCKOUT_COUNTS = ["lockoutPeriodSeconds", "lockoutAfterFailures", "countFailuresWithin"];

/** UAA: UaaIdentityProviderConfigValidator */
function checkPolicies(config: ProviderConfig): void {
  const check = (policy: unknown, name: string, counts: readonly string[]): void => {
    if (policy === undefined) return;
    if (typeof policy !== "object" || policy === null) throw refused(`Invalid ${name} policy`);
    const fields = policy as Record<string, unknown>;
    const fits = (value: unknown): boolean => Number.isInteger(value) && Number(value) >= 0 && Number(value) < 2 ** 31;
    if (!counts.every((count) => fits(fields[count]))) throw refused(`Invalid ${name} policy`);
    const { passwordNewerThan } = fields;
    if (passwordNewerThan !== undefined && passwordNewerThan !== null && !Number.isSafeInteger(passwordNewerThan)) {
      throw refused(`Invalid ${name} policy`);
    }
  };
  check(config["passwordPolicy"], "password", PASSWORD_COUNTS);
  check(config["lockoutPolicy"], "lockout", LOCKOUT_COUNTS);
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

function withoutNulls(config: ProviderConfig): ProviderConfig {
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== null));
}

function text(body: Readonly<Record<string, unknown>>, name: string): string {
  const value = body[name];
  if (typeof value !== "string" || value.trim() === "" || value.length > TEXT_MAX) throw refused(`${name} must be set`);
  return value;
}

function refused(message: string): UaaError {
  return new UaaError("invalid_request", message, { status: 422 });
}
