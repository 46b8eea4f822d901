import type { EnvironmentVariable } from "../../protocol/action.ts";

/** Where a thing belongs; goes into metric tags, certificates and network properties. */
export interface Ownership {
  readonly appGuid: string;
  readonly appName: string;
  readonly spaceGuid: string;
  readonly spaceName: string;
  readonly organizationGuid: string;
  readonly organizationName: string;
}

export interface Checksum {
  readonly algorithm: "sha1" | "sha256";
  readonly value: string;
}

/** One rule of a security group as the Cloud Controller stores it. `ports` is `80`, `80,443` or `1024-65535`. */
export interface SecurityGroupRule {
  readonly protocol: "tcp" | "udp" | "icmp" | "icmpv6" | "all";
  readonly destination: string;
  readonly ports?: string;
  readonly type?: number;
  readonly code?: number;
  readonly log?: boolean;
}

export interface HealthCheck {
  readonly type: "port" | "process" | "http" | "none";
  /** Until when the app must have become healthy; null: the platform's default. */
  readonly timeoutSeconds: number | null;
  readonly invocationTimeoutSeconds: number | null;
  readonly intervalSeconds: number | null;
  readonly httpEndpoint: string | null;
}

export interface ReadinessHealthCheck {
  readonly type: "port" | "process" | "http";
  readonly invocationTimeoutSeconds: number | null;
  readonly intervalSeconds: number | null;
  readonly httpEndpoint: string | null;
}

export interface HttpRoute {
  /** Host name with path, e.g. `hello.apps.test/v2`. */
  readonly uri: string;
  readonly port: number;
  readonly protocol: "http1" | "http2";
  readonly routeServiceUrl: string | null;
  readonly options: Readonly<Record<string, unknown>> | null;
}

export interface TcpRoute {
  readonly routerGroupGuid: string;
  readonly externalPort: number;
  readonly containerPort: number;
}

/** A process of the Cloud Controller that shall run, with all that its LRP needs. */
export interface ProcessToRun extends Ownership {
  readonly guid: string;
  /** New at each change that needs new containers. */
  readonly version: string;
  /** Differs after each change that Diego must learn of. */
  readonly annotation: string;
  readonly type: string;
  readonly instances: number;
  readonly memoryMb: number;
  readonly diskMb: number;
  /** -1 without limit. */
  readonly logRateLimitBytesPerSecond: number;
  readonly fileDescriptors: number;
  readonly stack: string;
  readonly droplet: Checksum;
  readonly startCommand: string;
  readonly executionMetadata: string;
  readonly user: string;
  readonly ports: readonly number[];
  /** Sorted, of all processes of the app: what network policies are about. */
  readonly appPorts: readonly number[];
  /** All but the port variables. */
  readonly environment: readonly EnvironmentVariable[];
  readonly sidecars: readonly {
    readonly name: string;
    readonly command: string;
    readonly environment: readonly EnvironmentVariable[];
  }[];
  readonly healthCheck: HealthCheck;
  readonly readinessHealthCheck: ReadinessHealthCheck;
  readonly httpRoutes: readonly HttpRoute[];
  readonly tcpRoutes: readonly TcpRoute[];
  readonly internalRoutes: readonly { readonly hostname: string }[];
  readonly securityGroupRules: readonly SecurityGroupRule[];
  readonly placementTags: readonly string[];
}

export interface BuildpackToUse {
  /** Name of an installed buildpack, or `custom`. */
  readonly name: string;
  /** Key of the installed buildpack's bits, or the URL of a custom one. */
  readonly key: string;
  readonly guid: string | null;
  readonly sha256: string | null;
}

/** A build of the Cloud Controller. */
export interface StagingRequest extends Ownership {
  readonly buildGuid: string;
  readonly packageGuid: string;
  readonly packageChecksum: Checksum;
  readonly stack: string;
  readonly buildpacks: readonly BuildpackToUse[];
  /** The user named the buildpacks: none is asked whether it wants the app. */
  readonly skipDetect: boolean;
  /** sha256 of the build artifacts cache; null when there is none. */
  readonly cacheSha256: string | null;
  readonly memoryMb: number;
  readonly diskMb: number;
  readonly logRateLimitBytesPerSecond: number;
  readonly environment: readonly EnvironmentVariable[];
  readonly securityGroupRules: readonly SecurityGroupRule[];
  readonly appPorts: readonly number[];
  readonly placementTags: readonly string[];
}

/** A task of the Cloud Controller. */
export interface TaskToRun extends Ownership {
  readonly guid: string;
  readonly name: string;
  readonly command: string;
  readonly user: string;
  readonly dropletGuid: string;
  readonly droplet: Checksum;
  readonly stack: string;
  readonly memoryMb: number;
  readonly diskMb: number;
  readonly logRateLimitBytesPerSecond: number;
  readonly environment: readonly EnvironmentVariable[];
  readonly securityGroupRules: readonly SecurityGroupRule[];
  readonly appPorts: readonly number[];
  readonly placementTags: readonly string[];
}

/** LRP guid: `<process guid>-<process version>`. */
export function lrpGuidOf(process: { readonly guid: string; readonly version: string }): string {
  return `${process.guid}-${process.version}`;
}

/** A guid has 36 characters; what follows the dash is the version. */
export function processOfLrp(lrpGuid: string): { readonly guid: string; readonly version: string } {
  return { guid: lrpGuid.slice(0, 36), version: lrpGuid.slice(37) };
}

/** BBS domains of the Cloud Controller. */
export const APPS_DOMAIN = "cf-apps";
export const TASKS_DOMAIN = "cf-tasks";
export const STAGING_DOMAIN = "cf-app-staging";

/** How long Diego may trust a domain without word from us. CC: diego/constants.rb, APP_LRP_DOMAIN_TTL */
export const DOMAIN_TTL_SECONDS = 120;
