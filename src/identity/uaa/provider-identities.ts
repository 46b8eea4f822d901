import type { ProviderContext } from "./context.ts";
import { badCredentials } from "./errors.ts";
import { type IdentityProvider, isOauth } from "./identity-provider.ts";
import type { ExternalSignIn, IdentitySource, InternalPolicies, LoginLink } from "./identity-source.ts";
import { LdapUnavailableError, ldapSignIn } from "./ldap-sign-in.ts";
import type { LockoutPolicy } from "./lockout.ts";
import type { OidcProviders } from "./oidc-provider.ts";
import { admitClaims, isProviderFailure, signInWithPassword } from "./oidc-sign-in.ts";
import type { PasswordPolicy } from "./password-policy.ts";
import { admit } from "./shadow-user.ts";

/** Sign-in by the registered providers. UAA: ChainedAuthenticationManager, PasswordGrantAuthenticationManager */
export function providerIdentities(context: ProviderContext, oidc: OidcProviders): IdentitySource {
  const active = async (): Promise<readonly IdentityProvider[]> =>
    (await context.providers.all()).filter((provider) => provider.active);

  const byLdap = async (
    provider: IdentityProvider,
    userName: string,
    password: string,
  ): Promise<ExternalSignIn | null> => {
    try {
      const admission = await ldapSignIn(context, provider.config, userName, password);
      return admission === null ? null : await admit(context, provider, admission);
    } catch (error) {
      if (!(error instanceof LdapUnavailableError)) throw error;
      context.log.warn("LDAP sign-in failed", {
        origin: provider.originKey,
        reason: error.message,
        error: error.cause,
      });
      return null;
    }
  };

  return {
    signIn: async (userName, password, origin) => {
      const candidates = await active();
      if (origin === null) {
        const ldap = candidates.find(({ type }) => type === "ldap");
        return ldap === undefined ? null : await byLdap(ldap, userName, password);
      }
      const provider = candidates.find(({ originKey }) => originKey === origin);
      if (provider === undefined) return null;
      if (provider.type === "ldap") return await byLdap(provider, userName, password);
      if (provider.type !== "oidc1.0" || provider.config["passwordGrantEnabled"] !== true) return null;
      try {
        return await signInWithPassword(context, oidc, provider, userName, password);
      } catch (error) {
        if (!isProviderFailure(error)) throw error;
        context.log.warn("sign-in at identity provider failed", { origin, reason: error.message });
        return null;
      }
    },

    loginLinks: async (target) =>
      (await active())
        .filter(({ type, config }) => isOauth(type) && config["showLinkText"] !== false)
        .map(({ originKey, config, name }): LoginLink => {
          const href = `/login/external/${encodeURIComponent(originKey)}?${new URLSearchParams({ form_redirect_uri: target })}`;
          return { origin: originKey, text: typeof config["linkText"] === "string" ? config["linkText"] : name, href };
        }),

    byAssertion: async (assertion, issuer) => {
      const providers = (await active()).filter(({ type }) => type === "oidc1.0");
      for (const provider of providers) {
        try {
          const endpoints = await oidc.endpoints(provider);
          if (endpoints.issuer !== issuer) continue;
          return await admitClaims(context, provider, await oidc.verify(provider, assertion, null));
        } catch (error) {
          if (!isProviderFailure(error)) throw error;
          context.log.info("assertion refused", { origin: provider.originKey, reason: error.message });
          if (provider.config["issuer"] === issuer) throw badCredentials();
        }
      }
      return null;
    },

    isActive: async (origin) => (await active()).some(({ originKey }) => originKey === origin),

    internalPolicies: async () => {
      const internal = await context.providers.byOrigin("uaa");
      return policiesOf(internal?.config ?? {});
    },
  };
}

function policiesOf(config: IdentityProvider["config"]): InternalPolicies {
  const { passwordPolicy, lockoutPolicy } = config;
  return {
    ...(typeof passwordPolicy === "object" ? { password: passwordPolicy as Partial<PasswordPolicy> } : {}),
    ...(typeof lockoutPolicy === "object" ? { lockout: lockoutPolicy as Partial<LockoutPolicy> } : {}),
  };
}
