import type { RoleType } from "./store/schema.ts";

/** One role of the caller. A space role names the space and its organization. */
export interface HeldRole {
  readonly type: RoleType;
  readonly organizationGuid: string;
  readonly spaceGuid: string | null;
}

/** Role sets of the field. CC: lib/cloud_controller/permissions.rb */
export const ORGANIZATION_READERS = [
  "organization_user",
  "organization_manager",
  "organization_billing_manager",
  "organization_auditor",
] as const satisfies readonly RoleType[];
export const SPACE_MEMBERS = [
  "space_developer",
  "space_manager",
  "space_auditor",
  "space_supporter",
] as const satisfies readonly RoleType[];
export const SPACE_READERS = [...SPACE_MEMBERS, "organization_manager"] as const satisfies readonly RoleType[];
export const ROUTE_READERS = [...SPACE_READERS, "organization_auditor"] as const satisfies readonly RoleType[];
export const DOMAIN_READERS = [
  ...SPACE_MEMBERS,
  "organization_manager",
  "organization_auditor",
] as const satisfies readonly RoleType[];
export const SPACE_WRITERS = ["space_developer"] as const satisfies readonly RoleType[];
export const APP_MANAGERS = ["space_developer", "space_supporter"] as const satisfies readonly RoleType[];
export const SPACE_UPDATERS = ["space_manager", "organization_manager"] as const satisfies readonly RoleType[];
export const ORGANIZATION_WRITERS = ["organization_manager"] as const satisfies readonly RoleType[];
export const SECRET_READERS = ["space_developer"] as const satisfies readonly RoleType[];
export const SERVICE_READERS = ["space_developer", "space_supporter"] as const satisfies readonly RoleType[];
export const ENVIRONMENT_READERS = ["space_developer", "space_supporter"] as const satisfies readonly RoleType[];
export const DROPLET_DOWNLOADERS = [
  "space_developer",
  "space_manager",
  "space_auditor",
  "organization_manager",
] as const satisfies readonly RoleType[];
export const SPACE_EVENT_READERS = [
  "space_auditor",
  "space_developer",
  "space_supporter",
] as const satisfies readonly RoleType[];

/** A space with its organization, as far as access goes. */
export interface SpacePlace {
  readonly guid: string;
  readonly organization_guid: string;
}

/** What one caller may see and change: a pure function of token scopes and roles. */
export interface Access {
  readonly userGuid: string;
  readonly admin: boolean;
  /** admin, admin_read_only or global_auditor: sees everything but secrets. */
  readonly readsAll: boolean;
  /** admin or admin_read_only. */
  readonly readsAllSecrets: boolean;
  readonly roles: readonly HeldRole[];
  hasScope(scope: string): boolean;
  /** Any of the organization roles of `types` in this organization. */
  inOrganization(types: readonly RoleType[], organizationGuid: string): boolean;
  /** Any of the space roles of `types` in this space, or of its organization roles in the space's organization. */
  inSpace(types: readonly RoleType[], space: SpacePlace): boolean;

  canReadOrganization(organizationGuid: string): boolean;
  canWriteOrganization(organizationGuid: string): boolean;
  canReadSpace(space: SpacePlace): boolean;
  /** Create, change and delete what is in a space (apps, routes, service instances …). */
  canWriteSpace(space: SpacePlace): boolean;
  /** Start, stop, scale, stage: supporters too. */
  canManageApps(space: SpacePlace): boolean;
  /** Change the space itself and who is in it. */
  canUpdateSpace(space: SpacePlace): boolean;
  canReadRoutes(space: SpacePlace): boolean;
  canReadSecrets(space: SpacePlace): boolean;
  canReadEnvironment(space: SpacePlace): boolean;
  canDownloadDroplet(space: SpacePlace): boolean;
  canReadServices(space: SpacePlace): boolean;
}

export function accessOf(userGuid: string, scopes: ReadonlySet<string>, roles: readonly HeldRole[]): Access {
  const admin = scopes.has("cloud_controller.admin");
  const readsAllSecrets = admin || scopes.has("cloud_controller.admin_read_only");
  const readsAll = readsAllSecrets || scopes.has("cloud_controller.global_auditor");
  const inOrganization = (types: readonly RoleType[], organizationGuid: string): boolean =>
    roles.some(
      (role) => role.spaceGuid === null && role.organizationGuid === organizationGuid && types.includes(role.type),
    );
  const inSpace = (types: readonly RoleType[], space: SpacePlace): boolean =>
    roles.some(
      (role) =>
        types.includes(role.type) &&
        (role.spaceGuid === null ? role.organizationGuid === space.organization_guid : role.spaceGuid === space.guid),
    );
  return {
    userGuid,
    admin,
    readsAll,
    readsAllSecrets,
    roles,
    hasScope: (scope) => scopes.has(scope),
    inOrganization,
    inSpace,
    // A space role sees its organization too: CC gives every space role's holder an organization role first.
    canReadOrganization: (guid) => readsAll || inOrganization(ORGANIZATION_READERS, guid),
    canWriteOrganization: (guid) => admin || inOrganization(ORGANIZATION_WRITERS, guid),
    canReadSpace: (space) => readsAll || inSpace(SPACE_READERS, space),
    canWriteSpace: (space) => admin || inSpace(SPACE_WRITERS, space),
    canManageApps: (space) => admin || inSpace(APP_MANAGERS, space),
    canUpdateSpace: (space) => admin || inSpace(SPACE_UPDATERS, space),
    canReadRoutes: (space) => readsAll || inSpace(ROUTE_READERS, space),
    canReadSecrets: (space) => readsAllSecrets || inSpace(SECRET_READERS, space),
    canReadEnvironment: (space) => readsAllSecrets || inSpace(ENVIRONMENT_READERS, space),
    canDownloadDroplet: (space) => readsAll || inSpace(DROPLET_DOWNLOADERS, space),
    canReadServices: (space) => readsAll || inSpace(SERVICE_READERS, space),
  };
}
