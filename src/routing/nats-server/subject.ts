/** Subjects are dot-separated tokens; `*` stands for one token, a last `>` for one or more. NATS: server/sublist.go */

/** May be published to: no empty token, no white space, no wildcard. */
export function isPublishSubject(subject: string): boolean {
  return isSubscribeSubject(subject) && !/(^|\.)[*>](\.|$)/.test(subject);
}

/** May be subscribed to. */
export function isSubscribeSubject(subject: string): boolean {
  if (subject === "" || /[\s\0]/.test(subject)) return false;
  const tokens = subject.split(".");
  return tokens.every((token, at) => token !== "" && (token !== ">" || at === tokens.length - 1));
}

interface Level<T> {
  readonly next: Map<string, Level<T>>;
  /** Those whose subject ends at this level. */
  readonly here: Set<T>;
  /** Those that end in `>` behind this level. */
  readonly below: Set<T>;
}

function emptyLevel<T>(): Level<T> {
  return { next: new Map(), here: new Set(), below: new Set() };
}

/** Finds all values whose subject matches a published one; its cost follows the tokens, not the number of values. */
export class SubjectIndex<T> {
  readonly #root = emptyLevel<T>();
  #count = 0;

  get size(): number {
    return this.#count;
  }

  add(subject: string, value: T): void {
    let level = this.#root;
    for (const token of subject.split(".")) {
      if (token === ">") {
        if (!level.below.has(value)) this.#count++;
        level.below.add(value);
        return;
      }
      let next = level.next.get(token);
      if (next === undefined) {
        next = emptyLevel();
        level.next.set(token, next);
      }
      level = next;
    }
    if (!level.here.has(value)) this.#count++;
    level.here.add(value);
  }

  /** False when it was not there. Empty levels go with their last value. */
  delete(subject: string, value: T): boolean {
    const path: { level: Level<T>; token: string }[] = [];
    let level = this.#root;
    let removed: boolean | null = null;
    for (const token of subject.split(".")) {
      if (token === ">") {
        removed = level.below.delete(value);
        break;
      }
      const next = level.next.get(token);
      if (next === undefined) return false;
      path.push({ level, token });
      level = next;
    }
    removed ??= level.here.delete(value);
    if (removed) this.#count--;
    for (const step of path.reverse()) {
      const child = step.level.next.get(step.token);
      if (child === undefined || child.next.size > 0 || child.here.size > 0 || child.below.size > 0) break;
      step.level.next.delete(step.token);
    }
    return removed;
  }

  /** Everything that matches a subject without wildcards. */
  match(subject: string): T[] {
    const found: T[] = [];
    const tokens = subject.split(".");
    const walk = (level: Level<T>, at: number): void => {
      if (at === tokens.length) {
        for (const value of level.here) found.push(value);
        return;
      }
      for (const value of level.below) found.push(value);
      const exact = level.next.get(tokens[at]!);
      if (exact !== undefined) walk(exact, at + 1);
      const any = level.next.get("*");
      if (any !== undefined) walk(any, at + 1);
    };
    walk(this.#root, 0);
    return found;
  }
}
