import { setTimeout as sleep } from "node:timers/promises";

const ATTEMPTS_MAX = 3;
const REQUEST_TIMEOUT_MS = 300_000;

/** Asking again would give the same. */
export class RefusedError extends Error {}

/**
 * Asks a registry or proxy and hands the answer to `use`; what may pass (no connection, 5xx, 429) is tried three times. Throws
 * `RefusedError` for other statuses, and errors whose message begins with the address, without its password.
 */
export async function download<T>(
  url: string,
  headers: Readonly<Record<string, string>>,
  use: (answer: Response) => Promise<T>,
): Promise<T> {
  const shown = withoutPassword(url);
  for (let attempt = 1; ; attempt++) {
    try {
      const answer = await fetch(url, { headers, signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });
      if (answer.ok) return await use(answer);
      await answer.body?.cancel();
      if (answer.status < 500 && answer.status !== 429) throw new RefusedError(`${shown}: status ${answer.status}`);
      throw new Error(`status ${answer.status}`);
    } catch (error) {
      if (error instanceof RefusedError) throw error;
      // `fetch` hides the reason of a failed connection in the cause.
      const { message, cause } = error as Error;
      if (attempt >= ATTEMPTS_MAX) throw new Error(`${shown}: ${cause instanceof Error ? cause.message : message}`);
      await sleep(1000 * attempt);
    }
  }
}

/** The whole body, in memory. Throws `RefusedError` when it has more than `maxBytes`. */
export async function wholeBody(answer: Response, maxBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of answer.body ?? []) {
    size += chunk.length;
    if (size > maxBytes) throw new RefusedError(`more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** An address as a log may show it. */
export function withoutPassword(address: string): string {
  return address.replace(/\/\/[^/@]*@/, "//");
}
