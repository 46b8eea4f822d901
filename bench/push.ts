import { join } from "node:path";
import { bootIngot } from "../test/system/boot-ingot.ts";
import { ApiPusher, type PushTimes } from "./_api-push.ts";
import { median, printFigure, timed } from "./_measure.ts";

export const name = "push";
export const about =
  "push of hello-node, cold and warm, split into upload, staging, start, route; and by the cf command line";

const FOLDER = join(import.meta.dirname, "..", "examples", "hello-node");
const WARM_PUSHES = 5;

/** Prints the figures of design §6 that concern a push. */
export async function run(): Promise<void> {
  await using ingot = await bootIngot();
  const pusher = await ApiPusher.open(ingot);
  print("cold cache", await pusher.push("cold", FOLDER));
  const warm: PushTimes[] = [];
  for (let round = 0; round < WARM_PUSHES; round++) warm.push(await pusher.push(`warm-${round}`, FOLDER));
  const of = (part: keyof PushTimes): number => median(warm.map((times) => times[part]));
  print(`warm, median of ${WARM_PUSHES}`, {
    upload: of("upload"),
    staging: of("staging"),
    start: of("start"),
    route: of("route"),
    total: of("total"),
  });

  const cli: number[] = [];
  for (let round = 0; round < WARM_PUSHES; round++) {
    const { ms } = await timed(async () => {
      await ingot.cfOk("push", `cli-${round}`, "-p", FOLDER);
      const { status } = await ingot.get(`cli-${round}.apps.cf.localhost`);
      if (status !== 200) throw new Error(`cli-${round} answers ${status}`);
    });
    cli.push(ms);
  }
  printFigure(
    `./ingot cf push until the route answers, median of ${WARM_PUSHES}`,
    `${(median(cli) / 1000).toFixed(2)} s`,
    "8 s",
  );
  const targets: number[] = [];
  for (let round = 0; round < 10; round++) targets.push((await timed(() => ingot.cfOk("target"))).ms);
  printFigure("./ingot cf target, median of 10", `${median(targets).toFixed(0)} ms`, "150 ms");
  for (const one of (await ingot.status()).processes) {
    printFigure(
      `after ${2 * WARM_PUSHES + 1} pushes, ${one.role}: memory (PSS)`,
      `${(one.pssKb / 1024).toFixed(0)} MB`,
    );
    if (one.eventLoopP999Ms !== null)
      printFigure("  event loop p99.9 since the start", `${one.eventLoopP999Ms.toFixed(1)} ms`, "20 ms");
  }
}

function print(what: string, times: PushTimes): void {
  printFigure(`push by API, ${what}`, `${times.total.toFixed(0)} ms`);
  for (const part of ["upload", "staging", "start", "route"] as const)
    printFigure(`  ${part}`, `${times[part].toFixed(0)} ms`);
}
