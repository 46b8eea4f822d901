import { coversScope } from "./scopes.ts";
import type { ExternalGroupMapping } from "./store-external-groups.ts";

export interface ExternalGroupRules {
  /** `as-scopes`: an outside group is the group of the same name here; `mapped`: as the mappings say. */
  readonly mode: "as-scopes" | "mapped";
  /** `*` stands for one part. Empty: all (OAuth) or none (LDAP's claim `roles`). */
  readonly whitelist: readonly string[];
  readonly mappings: readonly ExternalGroupMapping[];
}

/** Names of our groups that somebody with these outside groups has. UAA: ExternalOAuthAuthenticationManager.mapAuthorities */
export function decideExternalGroups(groups: readonly string[], rules: ExternalGroupRules): string[] {
  const given = new Set(groups.map((group) => group.toLowerCase()));
  const names =
    rules.mode === "as-scopes"
      ? groups
      : rules.mappings
          .filter(({ externalGroup }) => given.has(externalGroup.toLowerCase()))
          .map(({ displayName }) => displayName);
  const unique = [...new Set(names)];
  return rules.whitelist.length === 0 ? unique : whitelisted(unique, rules.whitelist);
}

/** Those of the names that the whitelist covers. UAA: UaaStringUtils.retainAllMatches */
export function whitelisted(names: readonly string[], whitelist: readonly string[]): string[] {
  return names.filter((name) => whitelist.some((entry) => coversGroup(entry, name)));
}

function coversGroup(entry: string, name: string): boolean {
  return entry === "*" || entry === name || coversScope(entry, name);
}
