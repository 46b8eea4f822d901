export type { AuditListener } from "./audit.ts";
export type { OperatorUser, SigningKeyInfo, UaaAdmin, UaaClient, UaaUser } from "./client.ts";
export { ADMIN_GROUPS, type BootstrapClient, type UaaConfig } from "./config.ts";
export { UaaError, type UaaErrorCode } from "./errors.ts";
export { SigningKeyError } from "./signing-keys.ts";
export { standardClients } from "./standard-clients.ts";
export { startUaa, type Uaa, type UaaDeps } from "./uaa.ts";
