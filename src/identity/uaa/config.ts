import type { DatabaseLocation } from "../../kit/database.ts";
import type { LockoutPolicy } from "./lockout.ts";
import type { PasswordPolicy } from "./password-policy.ts";
import type { RedirectMatching } from "./redirect-uri.ts";

/** A client as the platform registers it at each start (the stored one is overwritten). */
export interface BootstrapClient {
  readonly id: string;
  /** Empty: the client is public (`cf`). Otherwise machine-made, at least 22 characters. */
  readonly secret: string;
  readonly scope?: readonly string[];
  readonly authorities?: readonly string[];
  readonly grantTypes: readonly string[];
  readonly redirectUris?: readonly string[];
  readonly autoApprove?: true | readonly string[];
  readonly accessTokenValiditySeconds?: number;
  readonly refreshTokenValiditySeconds?: number;
}

/** UAA: BrandingInformation */
export interface Branding {
  readonly companyName?: string;
  /** At the foot of the pages. */
  readonly footerText?: string;
  /** By their text; http or https. */
  readonly footerLinks?: Readonly<Record<string, string>>;
}

export interface UaaConfig {
  /** Of the default zone. The others lie beside it. */
  readonly database: DatabaseLocation;
  /** System domain, e.g. `cf.localhost`. */
  readonly domain: string;
  /** The `iss` claim: the public address of the token endpoint. */
  readonly issuerUrl: string;
  readonly listen: { readonly host: string; readonly port: number };
  /** Public addresses without a slash at the end. */
  readonly loginUrl: string;
  readonly uaaUrl: string;
  readonly adminUser: string;
  /** Used only when the account does not exist yet: a changed password survives restarts. */
  readonly adminPassword: string;
  readonly clients: readonly BootstrapClient[];
  /** Seconds; clients may have their own. Default 43,200. UAA: jwt.token.policy.accessTokenValiditySeconds */
  readonly accessTokenTtlSeconds?: number;
  /** Seconds. Default 2,592,000 (30 days). */
  readonly refreshTokenTtlSeconds?: number;
  /** Tokens are kept so that `cf logout` ends them. Default true. UAA: jwt.token.revocable */
  readonly revocableTokens?: boolean;
  /** A refresh token ends when it is used; its successor comes with the answer. Default false. UAA: jwt.token.refresh.rotate */
  readonly refreshTokenRotate?: boolean;
  /** One refresh token for each pair of user and client. Default false. UAA: jwt.token.refresh.unique */
  readonly refreshTokenUnique?: boolean;
  /**
   * Default `jwt`. UAA: jwt.token.refresh.format, there `opaque`; the official command line reads the id out of the JWT to
   * end it at `cf logout`.
   */
  readonly refreshTokenFormat?: "jwt" | "opaque";
  readonly passwordPolicy?: Partial<PasswordPolicy>;
  /** What secrets of clients that are registered over the API must have. Default: any will do. UAA: client.secret.policy */
  readonly clientSecretPolicy?: Partial<PasswordPolicy>;
  readonly lockoutPolicy?: Partial<LockoutPolicy>;
  /** What the pages show of whose they are. */
  readonly branding?: Branding;
  /** What programs ask for at sign-in, by the name of the field: its kind (`text`, `password`) and its label. UAA: prompts */
  readonly prompts?: Readonly<Record<string, readonly [kind: string, label: string]>>;
  /** Where `/` and `/home` lead instead of to the page of that name. UAA: links.homeRedirect */
  readonly homeUrl?: string;
  /** False: nobody makes an account or asks for a new password himself, mail or not. UAA: links.selfService.selfServiceLinksEnabled */
  readonly selfService?: boolean;
  /** UAA: links.logout */
  readonly logout?: {
    readonly isRedirectOff?: boolean;
    readonly redirectParameter?: string;
    readonly redirectUrl?: string;
  };
  /** Where /logout.do may send the browser besides our own pages and a client's addresses; `*` as in those. UAA: logout.redirect.parameter.whitelist */
  readonly logoutRedirects?: readonly string[];
  /** Default `legacy`, as in an installation of the real one. */
  readonly redirectMatching?: RedirectMatching;
  /** Every user has these groups. */
  readonly defaultUserGroups?: readonly string[];
}

/** uaa-release: jobs/uaa/spec, uaa.user.authorities */
export const DEFAULT_USER_GROUPS: readonly string[] = [
  "openid",
  "scim.me",
  "cloud_controller.read",
  "cloud_controller.write",
  "cloud_controller_service_permissions.read",
  "password.write",
  "uaa.user",
  "approvals.me",
  "oauth.approvals",
  "notification_preferences.read",
  "notification_preferences.write",
  "profile",
  "roles",
  "user_attributes",
  "uaa.offline_token",
];

/** Groups of the first administrator. cf-deployment: uaa.scim.users (admin), and what an administrator of a whole installation in one piece needs besides. */
export const ADMIN_GROUPS: readonly string[] = [
  "clients.admin",
  "clients.read",
  "clients.secret",
  "clients.write",
  "cloud_controller.admin",
  "doppler.firehose",
  "network.admin",
  "openid",
  "routing.router_groups.read",
  "routing.router_groups.write",
  "scim.read",
  "scim.write",
  "uaa.admin",
];
