import type { LockoutPolicy } from "./lockout.ts";
import type { User } from "./model.ts";
import type { PasswordPolicy } from "./password-policy.ts";
import type { SignInMethod } from "./sign-in-method.ts";

/** Somebody whom another provider vouches for; the account is stored (shadow user) and its groups are up to date. */
export interface ExternalSignIn extends SignInMethod {
  readonly user: User;
  /** By which an OpenID Connect provider vouches; it wants to see it again at sign-out. */
  readonly providerIdToken?: string;
}

/** What the registered identity providers add to sign-in. UAA: ChainedAuthenticationManager, ExternalOAuthAuthenticationManager */
export interface IdentitySource {
  /**
   * Sign-in by name and password at LDAP or at an OIDC provider that takes the password grant. `origin` null: any LDAP.
   * Null: nobody answers to that. Throws `invalid_client` when the provider knows who it is and the account may not come in.
   */
  signIn(userName: string, password: string, origin: string | null): Promise<ExternalSignIn | null>;
  /** Providers to be offered on the login page; `href` starts their flow. `target`: where to go after it. */
  loginLinks(target: string): Promise<readonly LoginLink[]>;
  /** Whom a JWT of a registered OIDC provider names, verified with that provider's keys; null: no provider has this issuer. */
  byAssertion(assertion: string, issuer: string): Promise<ExternalSignIn | null>;
  /** Whether a provider with this origin exists and is active. */
  isActive(origin: string): Promise<boolean>;
  /** The policies of the internal provider `uaa`; absent: the configuration's. */
  internalPolicies(): Promise<InternalPolicies>;
}

export interface LoginLink {
  readonly origin: string;
  readonly text: string;
  readonly href: string;
}

export interface InternalPolicies {
  readonly password?: Partial<PasswordPolicy>;
  readonly lockout?: Partial<LockoutPolicy>;
}
