import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type BootedIngot, bootIngot } from "../test/system/boot-ingot.ts";
import { ApiPusher } from "./_api-push.ts";
import { median, printFigure } from "./_measure.ts";

export const name = "crash";
export const about =
  "a crash until its replacement answers; a route mapped until reachable, unmapped until 404; a log line until it is read";

const ROUNDS = 5;
const POLL_MS = 5;
const LIMIT_MS = 30_000;

/** Prints the latencies of design §6 that a user of a running app feels. */
export async function run(): Promise<void> {
  const folder = join(import.meta.dirname, "..", "test", "apps", "dora");
  await using ingot = await bootIngot();
  const pusher = await ApiPusher.open(ingot);

  const replacements: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    // A new app each time: only the first crashes are restarted at once.
    const app = `crash-${round}`;
    await pusher.push(app, folder);
    const before = await instanceGuid(ingot, app);
    const startedMs = performance.now();
    await ingot.get(`${app}.apps.cf.localhost`, "/exit").catch(() => undefined);
    await until(async () => (await instanceGuid(ingot, app)) !== before);
    replacements.push(performance.now() - startedMs);
  }
  printFigure(`crash → replacement answers, median of ${ROUNDS}`, `${median(replacements).toFixed(0)} ms`, "1000 ms");

  const mapped: number[] = [];
  const unmapped: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const host = `other-${round}.apps.cf.localhost`;
    mapped.push(
      await sinceAnswer(
        ingot,
        ["map-route", "crash-0", "apps.cf.localhost", "--hostname", `other-${round}`],
        async () => (await ingot.get(host)).status === 200,
      ),
    );
    unmapped.push(
      await sinceAnswer(
        ingot,
        ["unmap-route", "crash-0", "apps.cf.localhost", "--hostname", `other-${round}`],
        async () => (await ingot.get(host)).status === 404,
      ),
    );
  }
  printFigure(
    `route mapped → reachable, after the command, median of ${ROUNDS}`,
    `${median(mapped).toFixed(0)} ms`,
    "300 ms",
  );
  printFigure(
    `route unmapped → 404, after the command, median of ${ROUNDS}`,
    `${median(unmapped).toFixed(0)} ms`,
    "300 ms",
  );

  const token = (await ingot.cfOk("oauth-token")).trim();
  const guid = (await ingot.cfOk("app", "crash-0", "--guid")).trim();
  const lines: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const mark = `mark-${round}-${performance.now()}`;
    await ingot.get("crash-0.apps.cf.localhost", `/log?text=${mark}`);
    const startedMs = performance.now();
    await until(async () => {
      const answer = await ingot.get(
        "log-cache.cf.localhost",
        `/api/v1/read/${guid}?descending=true&limit=50&envelope_types=LOG`,
        { authorization: token },
      );
      const { envelopes } = JSON.parse(answer.body) as {
        envelopes: { batch: { log: { payload: string }; tags: Record<string, string> }[] };
      };
      return envelopes.batch.some(
        ({ log, tags }) =>
          tags["source_type"] !== "RTR" && Buffer.from(log.payload, "base64").toString().includes(mark),
      );
    });
    lines.push(performance.now() - startedMs);
  }
  printFigure(`log line written → readable, median of ${ROUNDS}`, `${median(lines).toFixed(0)} ms`, "100 ms");
}

/** Who answers now; throws while nobody does. */
async function instanceGuid(ingot: BootedIngot, app: string): Promise<string> {
  const { status, body } = await ingot.get(`${app}.apps.cf.localhost`, "/env");
  if (status !== 200) throw new Error(`${app} answers ${status}`);
  return (JSON.parse(body) as { CF_INSTANCE_GUID: string }).CF_INSTANCE_GUID;
}

async function sinceAnswer(
  ingot: BootedIngot,
  command: readonly string[],
  reached: () => Promise<boolean>,
): Promise<number> {
  await ingot.cfOk(...command);
  const startedMs = performance.now();
  await until(reached);
  return performance.now() - startedMs;
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const endMs = performance.now() + LIMIT_MS;
  while (!(await condition().catch(() => false))) {
    if (performance.now() > endMs) throw new Error("did not come true in time");
    await sleep(POLL_MS);
  }
}
