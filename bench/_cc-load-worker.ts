import { Agent, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { parentPort } from "node:worker_threads";

/** One request of a benchmark. */
export interface BenchRequest {
  readonly method: string;
  readonly path: string;
  readonly token: string;
  readonly body?: string;
}

export type Order =
  /** One after the other, `rounds` times each list; gives how long each list took. */
  | { readonly kind: "one-by-one"; readonly port: number; readonly lists: readonly (readonly BenchRequest[])[] }
  /** So many clients at once, each asks the next request as soon as it has its answer. */
  | {
      readonly kind: "crowd";
      readonly port: number;
      readonly clients: number;
      readonly ms: number;
      readonly requests: readonly BenchRequest[];
    };

export interface Outcome {
  /** Milliseconds of each list, or of each request of the crowd. */
  readonly took: readonly number[];
  readonly ms: number;
  /** First words of answers that were no success. */
  readonly wrong: readonly string[];
}

/** They come one after the other. */
const COMING_MS = 500;

const agent = new Agent({ keepAlive: true, maxSockets: 1_000 });

parentPort!.on("message", (order: Order) => {
  const done = order.kind === "crowd" ? crowd(order) : oneByOne(order);
  void done.then((outcome) => parentPort!.postMessage(outcome));
});

async function oneByOne({ port, lists }: Extract<Order, { kind: "one-by-one" }>): Promise<Outcome> {
  const [took, wrong]: [number[], string[]] = [[], []];
  const startedMs = performance.now();
  for (const list of lists) {
    const listMs = performance.now();
    for (const one of list) await ask(port, one, wrong);
    took.push(performance.now() - listMs);
  }
  return { took, wrong, ms: performance.now() - startedMs };
}

async function crowd({ port, clients, ms, requests }: Extract<Order, { kind: "crowd" }>): Promise<Outcome> {
  const [took, wrong]: [number[], string[]] = [[], []];
  let next = 0;
  const startedMs = performance.now();
  const client = async (index: number): Promise<void> => {
    await sleep((index / clients) * COMING_MS);
    while (performance.now() - startedMs < ms && next < requests.length) {
      const one = requests[next++]!;
      const askedMs = performance.now();
      await ask(port, one, wrong);
      took.push(performance.now() - askedMs);
    }
  };
  await Promise.all(Array.from({ length: clients }, (_, index) => client(index)));
  return { took, wrong, ms: performance.now() - startedMs };
}

function ask(port: number, { method, path, token, body }: BenchRequest, wrong: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `bearer ${token}`, "accept-encoding": "gzip" };
    const sent = request({ agent, port, host: "127.0.0.1", method, path, headers }, (answer) => {
      const failed = answer.statusCode! >= 300;
      if (failed) answer.once("data", (chunk: Buffer) => wrong.push(`${method} ${path}: ${chunk.subarray(0, 300)}`));
      else answer.resume();
      answer.on("end", resolve);
      answer.on("error", reject);
    });
    sent.on("error", reject);
    sent.end(body);
  });
}
