const FORBIDDEN_FUNCTIONS = ["setTimeout", "setInterval", "setImmediate", "fetch"] as const;

/**
 * Closes every global through which real time or chance could leak into the simulated code: for the time of `work` they
 * throw. Restores them afterwards, also after a failure.
 */
export async function withoutRealTime<T>(work: () => Promise<T>): Promise<T> {
  const restore: (() => void)[] = [];
  const replace = <O extends object, K extends keyof O>(owner: O, name: K, value: O[K]): void => {
    const old = Object.getOwnPropertyDescriptor(owner, name);
    Object.defineProperty(owner, name, { configurable: true, writable: true, value });
    restore.unshift(() => {
      if (old === undefined) Reflect.deleteProperty(owner, name);
      else Object.defineProperty(owner, name, old);
    });
  };
  const refuse = (what: string) => (): never => {
    throw new Error(`${what} in simulated code: use the injected clock or random`);
  };
  const RealDate = globalThis.Date;
  class VirtualDate extends RealDate {
    constructor(...args: [] | [string | number | Date]) {
      if (args.length === 0) refuse("new Date()")();
      super(args[0] as string | number);
    }
    static override now = refuse("Date.now");
  }
  replace(globalThis, "Date", VirtualDate as unknown as DateConstructor);
  replace(globalThis.performance, "now", refuse("performance.now"));
  replace(globalThis.Math, "random", refuse("Math.random"));
  replace(globalThis.AbortSignal, "timeout", refuse("AbortSignal.timeout"));
  replace(globalThis.crypto, "getRandomValues", refuse("crypto.getRandomValues"));
  replace(globalThis.crypto, "randomUUID", refuse("crypto.randomUUID"));
  for (const name of FORBIDDEN_FUNCTIONS) {
    replace(globalThis as Record<typeof name, unknown>, name, refuse(name));
  }
  try {
    return await work();
  } finally {
    for (const undo of restore) undo();
  }
}
