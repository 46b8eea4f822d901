import { UaaError } from "./errors.ts";

/** A tenant of the UAA with accounts, clients, groups, providers and keys of its own. UAA: IdentityZone */
export interface IdentityZone {
  readonly id: string;
  /** In lower case; its addresses are SUBDOMAIN.uaa.DOMAIN and SUBDOMAIN.login.DOMAIN. */
  readonly subdomain: string;
  readonly name: string;
  readonly description: string | null;
  readonly config: ZoneConfig;
  readonly active: boolean;
  readonly version: number;
  readonly createdMs: number;
  readonly lastModifiedMs: number;
}

export type ZoneConfig = Readonly<Record<string, unknown>>;

/** What a request says of a zone. */
export type ZoneInput = Pick<IdentityZone, "subdomain" | "name" | "description" | "config" | "active"> & {
  readonly id: string | null;
};

/** The scopes by which users of the default zone manage another one. UAA: ZoneManagementScopes */
export const ZONE_POWERS: readonly string[] = [
  "admin",
  "read",
  "clients.admin",
  "clients.read",
  "clients.write",
  "scim.create",
  "scim.read",
  "scim.write",
  "idps.read",
];

/** What of `zones.ID.…` counts within the zone for who is switched into it. UAA: ZoneManagementScopes.ZONE_SWITCH_SCOPES */
export const SWITCHED_POWERS: readonly string[] = [...ZONE_POWERS, "idps.write", "scim.invite"];

/** UAA: IdentityZoneConfiguration */
const DEFAULT_CONFIG: ZoneConfig = {
  tokenPolicy: { accessTokenValidity: -1, refreshTokenValidity: -1, jwtRevocable: false, refreshTokenUnique: false },
  idpDiscoveryEnabled: false,
  accountChooserEnabled: false,
};

/** The default zone as a list of zones shows it. Nobody changes or deletes it. UAA: IdentityZone.getUaa */
export const SYSTEM_ZONE: IdentityZone = {
  id: "uaa",
  subdomain: "",
  name: "uaa",
  description: "The system zone for backwards compatibility",
  config: DEFAULT_CONFIG,
  active: true,
  version: 0,
  createdMs: Date.UTC(2000, 0, 1),
  lastModifiedMs: Date.UTC(2000, 0, 1),
};

/** What holds where a zone's configuration says nothing, for those who read it whole. UAA: IdentityZoneConfiguration */
const SHOWN_DEFAULTS: ZoneConfig = {
  clientSecretPolicy: {
    minLength: -1,
    maxLength: -1,
    requireUpperCaseCharacter: -1,
    requireLowerCaseCharacter: -1,
    requireDigit: -1,
    requireSpecialCharacter: -1,
  },
  links: {
    logout: {
      redirectUrl: "/login",
      redirectParameterName: "redirect",
      disableRedirectParameter: false,
      whitelist: null,
    },
    homeRedirect: null,
    selfService: { selfServiceLinksEnabled: true, signup: null, passwd: null },
  },
  prompts: [
    { name: "username", type: "text", text: "Email" },
    { name: "password", type: "password", text: "Password" },
    { name: "passcode", type: "password", text: "Temporary Authentication Code (Get on at /passcode)" },
  ],
};

/** As JSON; keys never come out. A caller who may only read sees no policies. UAA: IdentityZoneEndpoints.removeKeys */
export function wireZone(zone: IdentityZone, onlyReads = false): Record<string, unknown> {
  const { tokenPolicy, samlConfig: _, ...config } = zone.config;
  const { keys: _keys, ...policy } = (tokenPolicy ?? {}) as Record<string, unknown>;
  return {
    id: zone.id,
    subdomain: zone.subdomain,
    config: { ...SHOWN_DEFAULTS, ...config, ...(onlyReads ? {} : { tokenPolicy: policy }) },
    name: zone.name,
    ...(zone.description === null ? {} : { description: zone.description }),
    version: zone.version,
    created: zone.createdMs,
    last_modified: zone.lastModifiedMs,
    active: zone.active,
  };
}

/** Reads a zone from JSON. Throws `invalid_identity_zone` (422). UAA: IdentityZone, GeneralIdentityZoneValidator */
export function readZone(body: Readonly<Record<string, unknown>>): ZoneInput {
  const { id = null, name, subdomain, description = null, config, active = true } = body;
  if (typeof name !== "string" || name.trim() === "") throw refuse("The identity zone must be given a name.");
  if (typeof subdomain !== "string" || subdomain === "") throw refuse("The subdomain must be provided.");
  // One label of a host name, and never the one of the default zone.
  if (!/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i.test(subdomain)) throw refuse("The subdomain is invalid.");
  if (id !== null && (typeof id !== "string" || !/^[\w-]{1,36}$/.test(id))) throw refuse("The id is invalid.");
  if (id === "uaa") throw refuse("The id of the default zone is taken.");
  if (description !== null && typeof description !== "string") throw refuse("The description must be text.");
  if (name.length > 255 || (description?.length ?? 0) > 255) throw refuse("A name or description is too long.");
  if (typeof active !== "boolean") throw refuse("active must be true or false.");
  const given = readObject(config, "config");
  const tokenPolicy = {
    ...(DEFAULT_CONFIG["tokenPolicy"] as object),
    ...readObject(given["tokenPolicy"], "tokenPolicy"),
  };
  for (const field of ["accessTokenValidity", "refreshTokenValidity"] as const) {
    const seconds = (tokenPolicy as Record<string, unknown>)[field];
    const fits = Number.isInteger(seconds) && (seconds === -1 || (Number(seconds) > 0 && Number(seconds) < 2 ** 31));
    if (!fits) throw refuse(`The ${field} is invalid.`);
  }
  const groups = readObject(given["userConfig"], "userConfig")["defaultGroups"];
  if (groups !== undefined && !(Array.isArray(groups) && groups.every((group) => typeof group === "string"))) {
    throw refuse("defaultGroups must be a list of texts.");
  }
  return {
    id,
    name,
    subdomain: subdomain.toLowerCase(),
    description,
    active,
    config: { ...DEFAULT_CONFIG, ...given, tokenPolicy },
  };
}

export function refuse(message: string): UaaError {
  const text = `The identity zone details are invalid. ${message}`;
  return new UaaError("invalid_request", text, { status: 422, extra: { error: "invalid_identity_zone" } });
}

function readObject(value: unknown, name: string): Readonly<Record<string, unknown>> {
  if (value === undefined || value === null) return {};
  if (typeof value !== "object" || Array.isArray(value)) throw refuse(`${name} must be an object.`);
  return value as Record<string, unknown>;
}
