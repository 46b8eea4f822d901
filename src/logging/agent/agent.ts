import type { Clock } from "../../kit/clock.ts";
import { EventHub } from "../../kit/event-hub.ts";
import type { Log } from "../../kit/log.ts";
import type { Envelope } from "../../protocol/envelope.ts";
import type { AgentClient } from "./client.ts";
import type { AgentConfig } from "./config.ts";
import { WaitingEnvelopes } from "./waiting-envelopes.ts";

/** Where envelopes go, in the order of their arrival. */
export interface EnvelopeSink {
  readonly name: string;
  /** Must not wait; keeps the envelopes without changing them. */
  put(envelopes: readonly Envelope[]): void;
}

export interface AgentDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly sinks: readonly EnvelopeSink[];
}

export interface Agent extends AsyncDisposable {
  readonly client: AgentClient;
  /** Everything emitted after this call; throws `SlowConsumerError` when too far behind. */
  stream(signal: AbortSignal): AsyncIterable<Envelope>;
  /** What was dropped since the start. */
  readonly dropped: number;
}

/** Handed on in one go; then other work of the process gets its turn. */
const BATCH = 1_000;

/** Disposal hands on what still waits. Loggregator: agent/ (ingress, buffers), counted drops as in its diodes. */
export async function startAgent(config: AgentConfig, deps: AgentDeps): Promise<Agent> {
  return new LoggingAgent(config, deps);
}

class LoggingAgent implements Agent {
  readonly client: AgentClient = { emit: (envelope) => this.#emit(envelope) };
  readonly #deps: AgentDeps;
  readonly #waiting: WaitingEnvelopes;
  readonly #readers: EventHub<Envelope>;
  #scheduled = false;

  constructor(config: AgentConfig, deps: AgentDeps) {
    this.#deps = deps;
    this.#waiting = new WaitingEnvelopes(config.waitingMax ?? 65_536, config.waitingBytesMax ?? 32 * 1_048_576);
    this.#readers = new EventHub(config.behindMax ?? 10_000);
  }

  get dropped(): number {
    return this.#waiting.droppedTotal;
  }

  stream(signal: AbortSignal): AsyncIterable<Envelope> {
    return this.#readers.subscribe(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    while (this.#waiting.length > 0) this.#handOn();
    this.#readers.close();
  }

  #emit(envelope: Envelope): void {
    this.#waiting.add(envelope);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#flush());
  }

  #flush(): void {
    this.#handOn();
    if (this.#waiting.length > 0) setImmediate(() => this.#flush());
    else this.#scheduled = false;
  }

  #handOn(): void {
    const batch: Envelope[] = [];
    for (const [sourceId, { count, last }] of this.#waiting.takeDropped()) {
      this.#deps.log.warn("log envelopes dropped", { sourceId, count });
      batch.push(dropNotice(last, count));
    }
    batch.push(...this.#waiting.take(BATCH));
    for (const sink of this.#deps.sinks) {
      try {
        sink.put(batch);
      } catch (error) {
        this.#deps.log.error("log sink failed", { sink: sink.name, error });
      }
    }
    if (this.#readers.readerCount > 0) for (const envelope of batch) this.#readers.publish(envelope);
  }
}

/** What is lost is said where its reader looks: in the app's own log, as source LGR. */
function dropNotice(last: Envelope, count: number): Envelope {
  return {
    kind: "log",
    timestampNs: last.timestampNs,
    sourceId: last.sourceId,
    instanceId: last.instanceId,
    tags: { ...last.tags, source_type: "LGR" },
    payload: Buffer.from(`Log message output is too high. ${count} messages dropped.`),
    type: "ERR",
  };
}
