export interface AgentConfig {
  /** Envelopes that may wait for the sinks. Default 65,536: a burst of short lines in one read of 64 KiB. */
  readonly waitingMax?: number;
  /** Bytes of log payload that may wait. Default 32 MiB. */
  readonly waitingBytesMax?: number;
  /** Envelopes that one streaming reader may lag before it is cut off. Default 10,000. Loggregator: diode sizes. */
  readonly behindMax?: number;
}
