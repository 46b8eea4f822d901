import type { CcConfig } from "./config.ts";

/** The routing API knows it as `default-tcp`. */
export const DEFAULT_TCP_ROUTER_GROUP = "76bd4c6e-5e0c-4b1c-9d0e-0a8d2f0b7c11";

export interface RouterGroup {
  readonly guid: string;
  readonly type: "tcp";
  readonly ports: { readonly from: number; readonly to: number };
}

/** Null for a group that nobody serves. */
export function routerGroup(config: CcConfig, guid: string): RouterGroup | null {
  if (config.tcpPorts === null || guid !== DEFAULT_TCP_ROUTER_GROUP) return null;
  return { guid, type: "tcp", ports: config.tcpPorts };
}
