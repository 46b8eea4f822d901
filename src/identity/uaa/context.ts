import type { Clock } from "../../kit/clock.ts";
import type { Durable } from "../../kit/database.ts";
import type { HttpClient } from "../../kit/http-client.ts";
import type { Log } from "../../kit/log.ts";
import type { Random, Secrets } from "../../kit/random.ts";
import type { AuditListener } from "./audit.ts";
import type { UaaConfig } from "./config.ts";
import type { IdentitySource } from "./identity-source.ts";
import type { Mail } from "./mail.ts";
import type { OidcProviders } from "./oidc-provider.ts";
import type { PasswordHasher } from "./password-hasher.ts";
import type { SigningKeys } from "./signing-keys.ts";
import type { ClientStore } from "./store-clients.ts";
import type { ExternalGroupStore } from "./store-external-groups.ts";
import type { GroupStore } from "./store-groups.ts";
import type { IdentityProviderStore } from "./store-identity-providers.ts";
import type { TokenStore } from "./store-tokens.ts";
import type { UserStore } from "./store-users.ts";

/** What the flows of the UAA work with, one for each zone: zones share nothing but clock, chance and log. */
export interface UaaContext extends ProviderContext {
  /** LDAP and OIDC providers. */
  readonly identities: IdentitySource;
  /** What is known of providers that are asked over HTTP. */
  readonly oidc: OidcProviders;
}

/** All of it but the sign-in at providers, which works with it. */
export interface ProviderContext {
  /** `uaa`: the default zone. */
  readonly zoneId: string;
  readonly zoneName: string;
  /** The default zone, whose tokens can be switched to this one; null when this is it. */
  readonly parent: UaaContext | null;
  readonly config: UaaConfig;
  readonly clock: Clock;
  readonly random: Random;
  readonly secrets: Secrets;
  readonly log: Log;
  /** Awaited before any answer to a write. */
  readonly database: Durable;
  readonly users: UserStore;
  readonly groups: GroupStore;
  readonly clients: ClientStore;
  readonly tokens: TokenStore;
  readonly hasher: PasswordHasher;
  readonly keys: SigningKeys;
  readonly providers: IdentityProviderStore;
  readonly externalGroups: ExternalGroupStore;
  /** For questions to identity providers: it must not know the platform's internal names. */
  readonly http: HttpClient;
  /** Null: nobody gets mail, so the pages that would send it are closed. */
  readonly mail: Mail | null;
  readonly audited: AuditListener | null;
  readonly defaultGroups: readonly string[];
}
