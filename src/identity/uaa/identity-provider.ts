/** Where accounts come from: our own store (`uaa`), LDAP, OAuth 2 or OpenID Connect. UAA: IdentityProvider */
export interface IdentityProvider {
  readonly id: string;
  /** The `origin` of its accounts; one provider each. */
  readonly originKey: string;
  readonly name: string;
  readonly type: string;
  readonly config: ProviderConfig;
  readonly active: boolean;
  readonly version: number;
  readonly createdMs: number;
  readonly lastModifiedMs: number;
}

export type ProviderConfig = Readonly<Record<string, unknown>>;

/** Fields that go in and never out. UAA: IdentityProviderEndpoints.redactSensitiveData */
const SECRET_FIELDS: ReadonlySet<string> = new Set(["bindPassword", "relyingPartySecret", "jwtClientAuthentication"]);

/** UAA: ExternalIdentityProviderDefinition */
const EXTERNAL_DEFAULTS: ProviderConfig = {
  externalGroupsWhitelist: [],
  attributeMappings: {},
  addShadowUserOnLogin: true,
  storeCustomAttributes: true,
};
const DEFAULTS: Readonly<Record<string, ProviderConfig>> = {
  uaa: { disableInternalUserManagement: false },
  ldap: {
    ...EXTERNAL_DEFAULTS,
    ldapProfileFile: "ldap/ldap-search-and-bind.xml",
    ldapGroupFile: "ldap/ldap-groups-null.xml",
    mailAttributeName: "mail",
    mailSubstituteOverridesLdap: false,
    autoAddGroups: true,
    groupSearchSubTree: true,
    maxGroupSearchDepth: 10,
    tlsConfiguration: "none",
  },
  "oauth2.0": {
    ...EXTERNAL_DEFAULTS,
    showLinkText: true,
    clientAuthInBody: false,
    skipSslValidation: false,
    responseType: "code",
    pkce: true,
    performRpInitiatedLogout: true,
    cacheJwks: true,
  },
};

/** What a provider of this type has where its configuration says nothing. */
export function defaultsOf(type: string): ProviderConfig {
  if (type === "oidc1.0") return { ...DEFAULTS["oauth2.0"], passwordGrantEnabled: false, setForwardHeader: false };
  return DEFAULTS[type] ?? {};
}

export function isOauth(type: string): boolean {
  return type === "oidc1.0" || type === "oauth2.0";
}

/** As JSON, without secrets. `config` is JSON in a text unless `raw`. UAA: IdentityProvider.IdentityProviderSerializer */
export function wireProvider(provider: IdentityProvider, zoneId: string, raw: boolean): Record<string, unknown> {
  const config = visibleConfig(provider);
  return {
    type: provider.type,
    config: raw ? config : JSON.stringify(config),
    id: provider.id,
    originKey: provider.originKey,
    name: provider.name,
    version: provider.version,
    created: provider.createdMs,
    last_modified: provider.lastModifiedMs,
    active: provider.active,
    identityZoneId: zoneId,
  };
}

function visibleConfig(provider: IdentityProvider): ProviderConfig {
  const shown = Object.entries(provider.config).filter(([name]) => !SECRET_FIELDS.has(name));
  return {
    ...Object.fromEntries(shown),
    ...(isOauth(provider.type) ? { authMethod: authMethodOf(provider.config) } : {}),
  };
}

/** A changed configuration keeps the secrets that it does not mention: nobody can read them to send them again. */
export function withKeptSecrets(config: ProviderConfig, stored: ProviderConfig): ProviderConfig {
  const kept = Object.entries(stored).filter(
    ([name]) => SECRET_FIELDS.has(name) && (config[name] === undefined || config[name] === null),
  );
  if (config["authMethod"] === "none") return config;
  return { ...config, ...Object.fromEntries(kept) };
}

/** How we prove at the provider who we are. UAA: ExternalOAuthIdentityProviderConfigValidator.getAuthMethod */
export function authMethodOf(config: ProviderConfig): string {
  if (typeof config["relyingPartySecret"] !== "string") {
    return config["jwtClientAuthentication"] === undefined ? "none" : "private_key_jwt";
  }
  return config["clientAuthInBody"] === true ? "client_secret_post" : "client_secret_basic";
}
