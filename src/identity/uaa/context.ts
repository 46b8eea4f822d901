import type { Clock } from "../../kit/clock.ts";
import type { Log } from "../../kit/log.ts";
import type { Random, Secrets } from "../../kit/random.ts";
import type { Sqlite } from "../../kit/sqlite.ts";
import type { UaaConfig } from "./config.ts";
import type { IdentitySource } from "./identity-source.ts";
import type { Mail } from "./mail.ts";
import type { PasswordHasher } from "./password-hasher.ts";
import type { SigningKeys } from "./signing-keys.ts";
import type { ClientStore } from "./store-clients.ts";
import type { GroupStore } from "./store-groups.ts";
import type { TokenStore } from "./store-tokens.ts";
import type { UserStore } from "./store-users.ts";

/** What the flows of the UAA work with. Made once, in `uaa.ts`. */
export interface UaaContext {
  readonly config: UaaConfig;
  readonly clock: Clock;
  readonly random: Random;
  readonly secrets: Secrets;
  readonly log: Log;
  /** Awaited before any answer to a write. */
  readonly file: Sqlite;
  readonly users: UserStore;
  readonly groups: GroupStore;
  readonly clients: ClientStore;
  readonly tokens: TokenStore;
  readonly hasher: PasswordHasher;
  readonly keys: SigningKeys;
  /** LDAP and OIDC providers. */
  readonly identities: IdentitySource;
  /** Null: nobody gets mail, so the pages that would send it are closed. */
  readonly mail: Mail | null;
  readonly defaultGroups: readonly string[];
}
