import type { Migration } from "../../kit/sqlite.ts";

export interface UserRow {
  id: string;
  user_name: string;
  user_name_lower: string;
  origin: string;
  email: string;
  given_name: string | null;
  family_name: string | null;
  phone_number: string | null;
  external_id: string | null;
  password_hash: string | null;
  active: number;
  verified: number;
  version: number;
  created_ms: number;
  last_modified_ms: number;
  password_changed_ms: number;
  last_logon_ms: number | null;
  previous_logon_ms: number | null;
  password_change_required: number;
  token_salt: string;
  /** JSON of UserInfo. */
  info: string | null;
}

export interface GroupRow {
  id: string;
  display_name: string;
  display_name_lower: string;
  description: string | null;
  version: number;
  created_ms: number;
  last_modified_ms: number;
}

export interface ClientRow {
  client_id: string;
  /** JSON arrays and objects from here to `additional`. */
  secret_hashes: string;
  scope: string;
  authorities: string;
  grant_types: string;
  redirect_uris: string;
  resource_ids: string;
  auto_approve: string;
  access_token_validity_s: number | null;
  refresh_token_validity_s: number | null;
  additional: string;
  last_modified_ms: number;
}

export interface IdentityProviderRow {
  id: string;
  origin_key: string;
  name: string;
  type: string;
  /** JSON object. */
  config: string;
  active: number;
  version: number;
  created_ms: number;
  last_modified_ms: number;
}

export interface IdentityZoneRow {
  id: string;
  subdomain: string;
  name: string;
  description: string | null;
  /** JSON object. */
  config: string;
  active: number;
  version: number;
  created_ms: number;
  last_modified_ms: number;
}

export interface UaaTables {
  identity_providers: IdentityProviderRow;
  external_group_mappings: {
    group_id: string;
    external_group: string;
    external_group_lower: string;
    origin: string;
    added_ms: number;
  };
  client_metadata: {
    client_id: string;
    client_name: string | null;
    show_on_home_page: number;
    app_launch_url: string | null;
    app_icon: string | null;
  };
  /** Only in the database of the default zone: each other zone has one of its own. */
  identity_zones: IdentityZoneRow;
  users: UserRow;
  groups: GroupRow;
  memberships: { group_id: string; member_id: string; member_type: string; origin: string; added_ms: number };
  clients: ClientRow;
  /** `removed_ms`: the key has gone and its `private_jwk` is empty; the name stays taken. */
  signing_keys: { id: string; private_jwk: string; created_ms: number; removed_ms: number | null };
  one_time_codes: { code_hash: string; intent: string; payload: string; expires_ms: number };
  /** `details`: JSON of SessionDetails. */
  sessions: { session_hash: string; user_id: string; created_ms: number; expires_ms: number; details: string };
  tokens: {
    token_id: string;
    client_id: string;
    user_id: string | null;
    kind: string;
    issued_ms: number;
    expires_ms: number;
    scope: string;
    /** JSON of an opaque token's claims; null: a JWT. */
    claims: string | null;
  };
  login_failures: { user_id: string; failed_ms: number };
  approvals: {
    user_id: string;
    client_id: string;
    scope: string;
    status: string;
    expires_ms: number;
    last_modified_ms: number;
  };
}

export const MIGRATIONS: readonly Migration[] = [
  {
    version: 1,
    sql: `
      CREATE TABLE users (
        id TEXT PRIMARY KEY, user_name TEXT NOT NULL, user_name_lower TEXT NOT NULL, origin TEXT NOT NULL,
        email TEXT NOT NULL, given_name TEXT, family_name TEXT, phone_number TEXT, external_id TEXT,
        password_hash TEXT, active INTEGER NOT NULL, verified INTEGER NOT NULL, version INTEGER NOT NULL,
        created_ms INTEGER NOT NULL, last_modified_ms INTEGER NOT NULL, password_changed_ms INTEGER NOT NULL,
        last_logon_ms INTEGER, previous_logon_ms INTEGER,
        UNIQUE (user_name_lower, origin)
      ) STRICT;
      CREATE INDEX users_created ON users (created_ms);
      CREATE TABLE groups (
        id TEXT PRIMARY KEY, display_name TEXT NOT NULL, display_name_lower TEXT NOT NULL UNIQUE, description TEXT,
        version INTEGER NOT NULL, created_ms INTEGER NOT NULL, last_modified_ms INTEGER NOT NULL
      ) STRICT;
      CREATE TABLE memberships (
        group_id TEXT NOT NULL REFERENCES groups (id) ON DELETE CASCADE, member_id TEXT NOT NULL,
        member_type TEXT NOT NULL, origin TEXT NOT NULL, added_ms INTEGER NOT NULL,
        PRIMARY KEY (group_id, member_id)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX memberships_member ON memberships (member_id);
      CREATE TABLE clients (
        client_id TEXT PRIMARY KEY, secret_hashes TEXT NOT NULL, scope TEXT NOT NULL, authorities TEXT NOT NULL,
        grant_types TEXT NOT NULL, redirect_uris TEXT NOT NULL, resource_ids TEXT NOT NULL, auto_approve TEXT NOT NULL,
        access_token_validity_s INTEGER, refresh_token_validity_s INTEGER, additional TEXT NOT NULL,
        last_modified_ms INTEGER NOT NULL
      ) STRICT;
      CREATE TABLE signing_keys (id TEXT PRIMARY KEY, private_jwk TEXT NOT NULL, created_ms INTEGER NOT NULL) STRICT;
      CREATE TABLE one_time_codes (
        code_hash TEXT PRIMARY KEY, intent TEXT NOT NULL, payload TEXT NOT NULL, expires_ms INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX one_time_codes_intent ON one_time_codes (intent);
      CREATE TABLE sessions (
        session_hash TEXT PRIMARY KEY, user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
        created_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE tokens (
        token_id TEXT PRIMARY KEY, client_id TEXT NOT NULL, user_id TEXT, kind TEXT NOT NULL,
        issued_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL, scope TEXT NOT NULL
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX tokens_user ON tokens (user_id);
      CREATE INDEX tokens_client ON tokens (client_id);
      CREATE INDEX tokens_expiry ON tokens (expires_ms);
      CREATE TABLE login_failures (
        user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE, failed_ms INTEGER NOT NULL
      ) STRICT;
      CREATE INDEX login_failures_user ON login_failures (user_id, failed_ms);
      CREATE TABLE approvals (
        user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE, client_id TEXT NOT NULL, scope TEXT NOT NULL,
        status TEXT NOT NULL, expires_ms INTEGER NOT NULL, last_modified_ms INTEGER NOT NULL,
        PRIMARY KEY (user_id, client_id, scope)
      ) STRICT, WITHOUT ROWID;
    `,
  },
  {
    version: 2,
    sql: `
      ALTER TABLE users ADD COLUMN password_change_required INTEGER NOT NULL DEFAULT 0;
      ALTER TABLE users ADD COLUMN token_salt TEXT NOT NULL DEFAULT '';
      ALTER TABLE sessions ADD COLUMN details TEXT NOT NULL DEFAULT '{}';
      ALTER TABLE tokens ADD COLUMN claims TEXT;
      ALTER TABLE signing_keys ADD COLUMN removed_ms INTEGER;
    `,
  },
  {
    version: 3,
    sql: `
      CREATE TABLE identity_providers (
        id TEXT PRIMARY KEY, origin_key TEXT NOT NULL UNIQUE, name TEXT NOT NULL, type TEXT NOT NULL,
        config TEXT NOT NULL, active INTEGER NOT NULL, version INTEGER NOT NULL, created_ms INTEGER NOT NULL,
        last_modified_ms INTEGER NOT NULL
      ) STRICT;
      CREATE TABLE external_group_mappings (
        group_id TEXT NOT NULL REFERENCES groups (id) ON DELETE CASCADE, external_group TEXT NOT NULL,
        external_group_lower TEXT NOT NULL, origin TEXT NOT NULL,
        PRIMARY KEY (group_id, external_group_lower, origin)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX external_group_mappings_origin ON external_group_mappings (origin);
      CREATE INDEX users_origin ON users (origin);
      CREATE TABLE identity_zones (
        id TEXT PRIMARY KEY, subdomain TEXT NOT NULL UNIQUE, name TEXT NOT NULL, description TEXT,
        config TEXT NOT NULL, active INTEGER NOT NULL, version INTEGER NOT NULL, created_ms INTEGER NOT NULL,
        last_modified_ms INTEGER NOT NULL
      ) STRICT;
    `,
  },
  {
    version: 4,
    sql: `
      CREATE TABLE client_metadata (
        client_id TEXT PRIMARY KEY REFERENCES clients (client_id) ON DELETE CASCADE, client_name TEXT,
        show_on_home_page INTEGER NOT NULL, app_launch_url TEXT, app_icon TEXT
      ) STRICT, WITHOUT ROWID;
    `,
  },
  {
    version: 5,
    sql: "ALTER TABLE external_group_mappings ADD COLUMN added_ms INTEGER NOT NULL DEFAULT 0",
  },
  { version: 6, sql: "ALTER TABLE users ADD COLUMN info TEXT" },
];
