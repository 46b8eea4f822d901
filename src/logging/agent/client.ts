import type { Envelope } from "../../protocol/envelope.ts";

/** Where every component of a machine hands in its envelopes. Loggregator: agent ingress */
export interface AgentClient {
  /** Never blocks and never throws; what does not fit the bounded buffer is counted and dropped, oldest first. */
  emit(envelope: Envelope): void;
}
