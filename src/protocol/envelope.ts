/** Loggregator v2 envelope. loggregator-api: v2/envelope.proto */
export type Envelope = LogEnvelope | GaugeEnvelope | CounterEnvelope | TimerEnvelope | EventEnvelope;

interface EnvelopeHead {
  /** Nanoseconds since the epoch. */
  readonly timestampNs: bigint;
  /** App guid, or the name of a platform component. */
  readonly sourceId: string;
  /** Instance index as text. */
  readonly instanceId: string;
  /** e.g. source_type (`APP/PROC/WEB`), process_id, app_name, space_id. */
  readonly tags: Readonly<Record<string, string>>;
}

export interface LogEnvelope extends EnvelopeHead {
  readonly kind: "log";
  readonly payload: Uint8Array;
  readonly type: "OUT" | "ERR";
}

export interface GaugeEnvelope extends EnvelopeHead {
  readonly kind: "gauge";
  readonly metrics: Readonly<Record<string, { readonly unit: string; readonly value: number }>>;
}

export interface CounterEnvelope extends EnvelopeHead {
  readonly kind: "counter";
  readonly name: string;
  readonly delta: bigint;
  readonly total: bigint;
}

export interface TimerEnvelope extends EnvelopeHead {
  readonly kind: "timer";
  readonly name: string;
  readonly startNs: bigint;
  readonly stopNs: bigint;
}

export interface EventEnvelope extends EnvelopeHead {
  readonly kind: "event";
  readonly title: string;
  readonly body: string;
}
