import type { Random } from "../../kit/random.ts";
import { SubjectIndex } from "./subject.ts";

/** One interest: a client's SUB, or a handler in this process. */
export interface Interest {
  readonly subject: string;
  /** Of the members of one queue group only one gets each message; empty: no group. */
  readonly queue: string;
  /** Whose it is; a client that asked for no echo gets nothing of its own. */
  readonly owner: object;
  deliver(subject: string, reply: string, header: Uint8Array | null, data: Uint8Array): void;
}

/** Who gets what. Messages in order per publisher; at most once. */
export class Broker {
  readonly #index = new SubjectIndex<Interest>();
  readonly #random: Random;

  #published = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Messages since the start. */
  get published(): number {
    return this.#published;
  }

  get interestCount(): number {
    return this.#index.size;
  }

  add(interest: Interest): void {
    this.#index.add(interest.subject, interest);
  }

  remove(interest: Interest): void {
    this.#index.delete(interest.subject, interest);
  }

  /**
   * Hands a message to everyone interested; gives how many that were. `header`: the NATS/1.0 block with its blank line.
   * `data` is shared by all receivers, who must not write to it.
   * @param except an owner that gets nothing (no echo).
   */
  publish(subject: string, reply: string, header: Uint8Array | null, data: Uint8Array, except?: object): number {
    let groups: Map<string, Interest[]> | null = null;
    let receivers = 0;
    this.#published++;
    for (const interest of this.#index.match(subject)) {
      if (interest.owner === except) continue;
      if (interest.queue === "") {
        receivers++;
        interest.deliver(subject, reply, header, data);
        continue;
      }
      groups ??= new Map();
      const group = groups.get(interest.queue);
      if (group === undefined) groups.set(interest.queue, [interest]);
      else group.push(interest);
    }
    if (groups !== null) {
      for (const group of groups.values()) {
        receivers++;
        group[this.#random.below(group.length)]!.deliver(subject, reply, header, data);
      }
    }
    return receivers;
  }
}
