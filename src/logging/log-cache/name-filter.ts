import { setFlagsFromString } from "node:v8";
import type { Envelope, GaugeEnvelope } from "../../protocol/envelope.ts";
import { refused } from "./errors.ts";

const PATTERN_MAX = 512;
let linearEngine = false;

/**
 * A tenant's regular expression. It runs on V8's linear-time engine, which knows no backreferences and look-around (nor
 * does Go's, the real one): no pattern can hold the event loop. Throws `LogCacheError`.
 */
export function nameFilter(pattern: string): RegExp {
  if (!linearEngine) setFlagsFromString("--enable-experimental-regexp-engine");
  linearEngine = true;
  if (pattern.length > PATTERN_MAX) throw refused("name filter must be a valid regular expression: too long");
  try {
    return new RegExp(pattern, "l");
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw refused(`name filter must be a valid regular expression: ${reason}`);
  }
}

/** The envelope as the filter leaves it; null: not at all. Logs and events have no name. Log-cache: store.go filterByName */
export function filterByName(envelope: Envelope, filter: RegExp): Envelope | null {
  switch (envelope.kind) {
    case "counter":
    case "timer":
      return filter.test(envelope.name) ? envelope : null;
    case "gauge":
      return filterGauge(envelope, filter);
    default:
      return null;
  }
}

function filterGauge(envelope: GaugeEnvelope, filter: RegExp): Envelope | null {
  const kept = Object.entries(envelope.metrics).filter(([name]) => filter.test(name));
  return kept.length === 0 ? null : { ...envelope, metrics: Object.fromEntries(kept) };
}
