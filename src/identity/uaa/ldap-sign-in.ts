import type { ProviderContext } from "./context.ts";
import { decideExternalGroups, whitelisted } from "./external-groups.ts";
import { attributesIn, type ExternalIdentity, generatedEmail, mappingsOf } from "./external-identity.ts";
import type { ProviderConfig } from "./identity-provider.ts";
import { LdapConnection, type LdapEntry } from "./ldap-connection.ts";
import { fitsLdapPassword } from "./ldap-password.ts";
import { fillDnPatterns, fillFilter, withBase } from "./ldap-text.ts";
import type { Admission } from "./shadow-user.ts";

export { LdapUnavailableError } from "./ldap-connection.ts";

/** Groups found on the way from a user up; a directory with more is a mistake or an attack. */
const GROUPS_MAX = 1000;
/** UAA: LdapIdentityProviderDefinition */
const DEPTH_MAX = 10;

/**
 * Whom the directory knows by this name and password, with the groups there; null: nobody. Throws `LdapUnavailableError`.
 * UAA: DynamicLdapAuthenticationManager and the configurations `ldap/ldap-*.xml`
 */
export async function ldapSignIn(
  context: ProviderContext,
  config: ProviderConfig,
  userName: string,
  password: string,
): Promise<Admission | null> {
  if (password === "" || userName === "" || userName.length > 255) return null;
  await using connection = await LdapConnection.open(config);
  const entry = await authenticate(connection, config, userName, password);
  if (entry === null) return null;
  const groups = await groupsOf(connection, config, entry, userName);
  return await admissionOf(context, config, entry, userName, groups);
}

async function authenticate(
  connection: LdapConnection,
  config: ProviderConfig,
  userName: string,
  password: string,
): Promise<LdapEntry | null> {
  const profile = config["ldapProfileFile"];
  if (profile === "ldap/ldap-simple-bind.xml") {
    const pattern = textOf(config, "userDNPattern", "cn={0},ou=Users,dc=test,dc=com");
    for (const name of fillDnPatterns(pattern, textOf(config, "userDNPatternDelimiter", ";"), userName)) {
      const dn = withBase(name, connection.base);
      if (!(await connection.bind(dn, password))) continue;
      const [entry] = await connection.search(dn, "(objectClass=*)", { scope: "base" });
      return entry ?? { dn, attributes: {} };
    }
    return null;
  }
  if (!(await bindAsReader(connection, config))) return null;
  const base = withBase(textOf(config, "userSearchBase", ""), connection.base);
  const found = await connection.search(base, fillFilter(textOf(config, "userSearchFilter", "cn={0}"), [userName]));
  // Two people of one name: nobody can say who this is. Spring LDAP: IncorrectResultSizeDataAccessException
  const [entry] = found;
  if (entry === undefined || found.length > 1) return null;
  if (profile === "ldap/ldap-search-and-compare.xml") {
    return (await comparePassword(connection, config, entry, password)) ? entry : null;
  }
  return (await connection.bind(entry.dn, password)) ? entry : null;
}

async function comparePassword(
  connection: LdapConnection,
  config: ProviderConfig,
  entry: LdapEntry,
  password: string,
): Promise<boolean> {
  const attribute = textOf(config, "passwordAttributeName", "userPassword");
  if (config["localPasswordCompare"] === false) return await connection.compare(entry.dn, attribute, password);
  const stored = entry.attributes[attribute.toLowerCase()] ?? [];
  return stored.some((value) => fitsLdapPassword(value, password));
}

async function bindAsReader(connection: LdapConnection, config: ProviderConfig): Promise<boolean> {
  const dn = textOf(config, "bindUserDn", "");
  return dn === "" || (await connection.bind(dn, textOf(config, "bindPassword", "")));
}

/** Groups with the user, and groups with these groups, up to the depth of the configuration. */
async function groupsOf(
  connection: LdapConnection,
  config: ProviderConfig,
  user: LdapEntry,
  userName: string,
): Promise<LdapEntry[]> {
  if (config["ldapGroupFile"] === "ldap/ldap-groups-null.xml") return [];
  const searchBase = textOf(config, "groupSearchBase", "");
  if (searchBase === "memberOf") {
    return (user.attributes["memberof"] ?? []).slice(0, GROUPS_MAX).map((dn) => ({ dn, attributes: cnOf(dn) }));
  }
  // After a sign-in by bind the connection speaks for the user, who may see less.
  if (!(await bindAsReader(connection, config))) return [];
  const scope = config["groupSearchSubTree"] === false ? "one" : "sub";
  const depthMax = Math.min(DEPTH_MAX, Number(config["maxGroupSearchDepth"] ?? DEPTH_MAX));
  const pattern = textOf(config, "groupSearchFilter", "member={0}");
  const found = new Map<string, LdapEntry>();
  let members: readonly (readonly [dn: string, name: string])[] = [[user.dn, userName]];
  for (let depth = 0; depth < depthMax && members.length > 0 && found.size < GROUPS_MAX; depth++) {
    const next: [string, string][] = [];
    for (const values of members) {
      const filter = fillFilter(pattern, values);
      for (const group of await connection.search(withBase(searchBase, connection.base), filter, { scope })) {
        const key = group.dn.toLowerCase();
        if (found.has(key) || found.size >= GROUPS_MAX) continue;
        found.set(key, group);
        next.push([group.dn, group.attributes["cn"]?.[0] ?? ""]);
      }
    }
    members = next;
  }
  return [...found.values()];
}

async function admissionOf(
  context: ProviderContext,
  config: ProviderConfig,
  entry: LdapEntry,
  userName: string,
  groups: readonly LdapEntry[],
): Promise<Admission> {
  const whitelist = (config["externalGroupsWhitelist"] as readonly string[] | undefined) ?? [];
  const isAsScopes = config["ldapGroupFile"] === "ldap/ldap-groups-as-scopes.xml";
  const roleAttribute = textOf(config, "groupRoleAttribute", "description").toLowerCase();
  const external = isAsScopes
    ? groups.flatMap(({ attributes }) => (attributes[roleAttribute] ?? []).flatMap((value) => value.split(",")))
    : groups.map(({ dn }) => dn);
  const names = external.map((name) => name.trim()).filter((name) => name !== "");
  const mappings = isAsScopes ? [] : await context.externalGroups.of("ldap");
  const commonNames = groups.flatMap(({ attributes }) => attributes["cn"] ?? []);
  return {
    identity: identityOf(config, entry, userName, names),
    groups: decideExternalGroups(names, { mode: isAsScopes ? "as-scopes" : "mapped", whitelist: [], mappings }),
    roles: whitelisted([...new Set(commonNames)], whitelist),
    addsGroups: config["autoAddGroups"] !== false,
  };
}

function identityOf(
  config: ProviderConfig,
  { dn, attributes }: LdapEntry,
  userName: string,
  groups: readonly string[],
): ExternalIdentity {
  const mappings = mappingsOf(config);
  const first = (attribute: unknown): string | null =>
    typeof attribute === "string" ? (attributes[attribute.toLowerCase()]?.[0]?.slice(0, 255) ?? null) : null;
  const lowered = Object.fromEntries(
    Object.entries(mappings).map(([name, value]) => [name, typeof value === "string" ? value.toLowerCase() : value]),
  );
  const substitute = textOf(config, "mailSubstitute", "");
  const substituted = substitute === "" ? null : substitute.replaceAll("{0}", userName.replaceAll("@", ""));
  const mail = first(textOf(config, "mailAttributeName", "mail"));
  const email = config["mailSubstituteOverridesLdap"] === true ? (substituted ?? mail) : (mail ?? substituted);
  return {
    userName,
    email: email ?? generatedEmail(userName),
    givenName: first(mappings["given_name"]),
    familyName: first(mappings["family_name"]),
    phoneNumber: first(mappings["phone_number"]),
    externalId: dn,
    verified: first(mappings["email_verified"])?.toLowerCase() === "true",
    groups,
    authMethods: ["ext", "pwd"],
    acr: [],
    userAttributes: attributesIn(attributes, lowered),
  };
}

function cnOf(dn: string): Readonly<Record<string, readonly string[]>> {
  const name = /^cn=((?:[^,\\]|\\.)+)/i.exec(dn)?.[1];
  return name === undefined ? {} : { cn: [name.replaceAll(/\\(.)/g, "$1")] };
}

function textOf(config: ProviderConfig, name: string, fallback: string): string {
  const value = config[name];
  return typeof value === "string" && value !== "" ? value : fallback;
}
