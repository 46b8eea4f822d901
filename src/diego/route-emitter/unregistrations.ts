import type { Registration } from "./registrations.ts";

/**
 * Unregistrations that are told again and again, since a lost one would leave a dead route until the router prunes it.
 * A new registration of the same endpoint ends it. Diego: route-emitter/unregistration/cache.go
 */
export class Unregistrations {
  readonly #sendCount: number;
  readonly #left = new Map<string, { readonly registration: Registration; times: number }>();

  constructor(sendCount: number) {
    this.#sendCount = sendCount;
  }

  add(registration: Registration): void {
    if (this.#sendCount > 0) this.#left.set(addressKey(registration), { registration, times: this.#sendCount });
  }

  /** Whoever has the address now must not be hit. */
  cancel(registration: Registration): void {
    this.#left.delete(addressKey(registration));
  }

  /** All that is due once more. */
  take(): Registration[] {
    const due: Registration[] = [];
    for (const [key, entry] of this.#left) {
      due.push(entry.registration);
      if (--entry.times === 0) this.#left.delete(key);
    }
    return due;
  }
}

function addressKey({ message }: Registration): string {
  return `${message.host}:${message.port} ${message.protocol ?? ""} ${message.uris.join(" ")}`;
}
