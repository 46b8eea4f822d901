/** What a cell does inside a container. Diego: bbs/models/actions.proto (one of these per Action message). */
export type Action =
  | RunAction
  | DownloadAction
  | UploadAction
  | { readonly kind: "timeout"; readonly action: Action; readonly timeoutMs: number; readonly logSource?: string }
  | {
      readonly kind: "emit-progress";
      readonly action: Action;
      readonly startMessage: string;
      readonly successMessage: string;
      readonly failureMessagePrefix: string;
      readonly logSource?: string;
    }
  | { readonly kind: "try"; readonly action: Action; readonly logSource?: string }
  | {
      readonly kind: "parallel" | "serial" | "codependent";
      readonly actions: readonly Action[];
      readonly logSource?: string;
    };

export interface RunAction {
  readonly kind: "run";
  readonly path: string;
  readonly args: readonly string[];
  readonly dir?: string;
  readonly env: readonly EnvironmentVariable[];
  readonly nofile?: number;
  /** `vcap` for buildpack apps. */
  readonly user: string;
  readonly logSource?: string;
  readonly suppressLogOutput?: boolean;
}

export interface DownloadAction {
  readonly kind: "download";
  /** What is fetched, for the log line; no line when empty. */
  readonly artifact: string;
  readonly from: string;
  readonly to: string;
  readonly cacheKey: string;
  readonly user: string;
  readonly logSource?: string;
  readonly checksumAlgorithm?: "md5" | "sha1" | "sha256";
  readonly checksumValue?: string;
}

export interface UploadAction {
  readonly kind: "upload";
  readonly artifact: string;
  readonly from: string;
  readonly to: string;
  readonly user: string;
  readonly logSource?: string;
}

export interface EnvironmentVariable {
  readonly name: string;
  readonly value: string;
}

/** A file set that the cell fetches once, keeps and mounts read-only. Diego: bbs/models/cached_dependency.proto */
export interface CachedDependency {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly cacheKey: string;
  readonly logSource?: string;
  readonly checksumAlgorithm?: "md5" | "sha1" | "sha256";
  readonly checksumValue?: string;
}

/** One rule of outgoing traffic. Diego: bbs/models/security_group.proto */
export interface EgressRule {
  readonly protocol: "tcp" | "udp" | "icmp" | "icmpv6" | "all";
  /** Addresses, CIDR blocks or `first-last` ranges. */
  readonly destinations: readonly string[];
  readonly ports?: readonly number[];
  readonly portRange?: { readonly start: number; readonly end: number };
  readonly icmpInfo?: { readonly type: number; readonly code: number };
  readonly log?: boolean;
}

/** Probe built into the cell. Diego: bbs/models/check_definition.proto */
export interface CheckDefinition {
  readonly checks: readonly Check[];
  readonly readinessChecks: readonly Check[];
  readonly logSource: string;
}

export type Check =
  | { readonly kind: "tcp"; readonly port: number; readonly connectTimeoutMs: number; readonly intervalMs: number }
  | {
      readonly kind: "http";
      readonly port: number;
      readonly path: string;
      readonly requestTimeoutMs: number;
      readonly intervalMs: number;
    };
