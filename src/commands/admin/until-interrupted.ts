/** Ctrl-C or SIGTERM came. */
export class InterruptedError extends Error {}

/** Runs `work` with a signal that Ctrl-C and SIGTERM abort, so that it can take away what is half done. */
export async function untilInterrupted<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const abort = new AbortController();
  const stop = (): void => abort.abort(new InterruptedError("interrupted"));
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  try {
    return await work(abort.signal);
  } finally {
    process.off("SIGINT", stop);
    process.off("SIGTERM", stop);
  }
}

/** Tells on stderr why `who` failed, where a line says it all: one of `known`, the operating system's words. Throws the others. */
export function tellFailure(who: string, error: unknown, known: new (...words: never[]) => Error): 1 {
  if (!(error instanceof Error)) throw error;
  const saysItAll = "code" in error || error instanceof known;
  if (!saysItAll) throw error;
  process.stderr.write(`ingot admin ${who}: ${error.message}\n`);
  return 1;
}
