import type { Envelope } from "../../protocol/envelope.ts";

/** What protojson writes for Loggregator's v2 envelope: int64 as text, bytes in base64. Log-cache: gateway.go */
export function envelopeJson(envelope: Envelope): object {
  return {
    timestamp: String(envelope.timestampNs),
    source_id: envelope.sourceId,
    instance_id: envelope.instanceId,
    deprecated_tags: {},
    tags: envelope.tags,
    ...message(envelope),
  };
}

function message(envelope: Envelope): object {
  switch (envelope.kind) {
    case "log": {
      const { buffer, byteOffset, byteLength } = envelope.payload;
      return { log: { payload: Buffer.from(buffer, byteOffset, byteLength).toString("base64"), type: envelope.type } };
    }
    case "gauge":
      return { gauge: { metrics: envelope.metrics } };
    case "counter":
      return { counter: { name: envelope.name, delta: String(envelope.delta), total: String(envelope.total) } };
    case "timer":
      return { timer: { name: envelope.name, start: String(envelope.startNs), stop: String(envelope.stopNs) } };
    case "event":
      return { event: { title: envelope.title, body: envelope.body } };
  }
}
