/** Defaults of diego-release, jobs/route_emitter/spec. */
export interface RouteEmitterConfig {
  /** Between two comparisons with the BBS; default 20,000. */
  readonly syncIntervalMs?: number;
  /** Between two registrations of everything until the router says otherwise; default 20,000. */
  readonly emitIntervalMs?: number;
  /** An unregistration may get lost: it is repeated at this interval, default 30,000 … */
  readonly unregistrationIntervalMs?: number;
  /** … this often, default 20. */
  readonly unregistrationSendCount?: number;
  /** Longest random pause before everything is registered on `router.start`; default 0 (one emitter on one machine). */
  readonly jitterMs?: number;
  /** When an instance does not say which address it prefers: its own (true) or its host's. Default false. */
  readonly registersDirectInstanceRoutes?: boolean;
  /** Domains of LRPs that have routes; default `cf-apps`. Only while all are fresh is the BBS's word the whole truth. */
  readonly routedDomains?: readonly string[];
}

export const ROUTE_EMITTER_DEFAULTS = {
  syncIntervalMs: 20_000,
  emitIntervalMs: 20_000,
  unregistrationIntervalMs: 30_000,
  unregistrationSendCount: 20,
  jitterMs: 0,
  registersDirectInstanceRoutes: false,
  routedDomains: ["cf-apps"],
} as const;
