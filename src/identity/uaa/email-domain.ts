import type { ProviderContext } from "./context.ts";
import { coversScope } from "./scopes.ts";

/**
 * Active providers where people with an address of this mail domain sign in; `*` in a provider's domain stands for one part.
 * UAA: DomainFilter.getIdpsForEmailDomain
 */
export async function originsOfAddress({ providers }: ProviderContext, email: string): Promise<string[]> {
  const at = email.indexOf("@");
  if (at < 0) return [];
  const domain = email.slice(at + 1).toLowerCase();
  const isThere = (domains: unknown): boolean =>
    Array.isArray(domains) && domains.some((one) => coversScope(String(one).toLowerCase(), domain));
  return (await providers.all())
    .filter(({ active, originKey, config }) => active && originKey !== "uaa" && isThere(config["emailDomain"]))
    .map(({ originKey }) => originKey);
}
