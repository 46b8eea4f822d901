import type { BbsClient } from "../diego/bbs/index.ts";
import type { Clock } from "../kit/clock.ts";
import type { Log } from "../kit/log.ts";
import type { LrpEvent } from "../protocol/lrp.ts";
import { type EventOwner, lrpEventLine, ownerOf, taskEventLine } from "./event-lines.ts";
import { LinePacer } from "./line-pacer.ts";

export interface NarratorDeps {
  readonly bbs: Pick<BbsClient, "lrpEvents" | "taskEvents" | "desiredLrpByProcessGuid">;
  readonly clock: Clock;
  readonly log: Log;
  readonly say: (line: string) => void;
}

const LINES_PER_WINDOW = 10;
const WINDOW_MS = 2_000;
const OWNERS_MAX = 1_000;
const ASK_MS = 5_000;
const RESUBSCRIBE_MS = 1_000;

/** Tells what happens to apps, one calm line an event, until aborted. What comes too fast is counted instead. */
export async function narrate(deps: NarratorDeps, signal: AbortSignal): Promise<void> {
  const pacer = new LinePacer(LINES_PER_WINDOW, WINDOW_MS);
  const owners = new Map<string, EventOwner>();
  const tell = (line: string | null): void => {
    if (line === null) return;
    const time = new Date(deps.clock.nowMs()).toTimeString().slice(0, 8);
    if (pacer.admits(deps.clock.steadyMs())) {
      deps.say(`${time}  ${line}`);
      return;
    }
    if (pacer.heldBack > 1) return; // the first one of them waits for the sum already
    const sum = deps.clock.sleep(WINDOW_MS, signal).then(() => deps.say(`${time}  … and ${pacer.takeHeldBack()} more`));
    sum.catch(() => undefined); // aborted: nobody reads on
  };
  await Promise.all([
    follow(
      () => deps.bbs.taskEvents(signal),
      (event) => tell(taskEventLine(event)),
      deps,
      signal,
    ),
    follow(
      () => deps.bbs.lrpEvents(signal),
      async (event) => tell(lrpEventLine(event, await ownerOfLrp(event, owners, deps, signal))),
      deps,
      signal,
    ),
  ]);
}

async function follow<T>(
  subscribe: () => AsyncIterable<T>,
  take: (event: T) => void | Promise<void>,
  deps: NarratorDeps,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      for await (const event of subscribe()) await take(event);
    } catch (error) {
      if (!signal.aborted) deps.log.debug("events lost for the terminal", { error });
    }
    await deps.clock.sleep(RESUBSCRIBE_MS, signal).catch(() => undefined); // aborted: the loop ends
  }
}

/** Events name a process by its guid; what it is called stands in its desired LRP, which may be gone by then. */
async function ownerOfLrp(
  event: LrpEvent,
  owners: Map<string, EventOwner>,
  deps: NarratorDeps,
  signal: AbortSignal,
): Promise<EventOwner> {
  const desired = "desiredLrp" in event ? event.desiredLrp : event.kind === "desired_lrp_changed" ? event.after : null;
  if (desired !== null) return remember(owners, desired.processGuid, ownerOf(desired.metricTags));
  const { processGuid } =
    event.kind === "actual_lrp_crashed"
      ? event.key
      : event.kind === "actual_lrp_instance_changed"
        ? event.after.key
        : "actualLrp" in event
          ? event.actualLrp.key
          : { processGuid: "" };
  const known = owners.get(processGuid);
  if (known !== undefined) return known;
  const asked = await deps.bbs
    .desiredLrpByProcessGuid(processGuid, deps.clock.deadline(ASK_MS, signal))
    .catch(() => null);
  return asked === null ? ownerOf({}) : remember(owners, processGuid, ownerOf(asked.metricTags));
}

function remember(owners: Map<string, EventOwner>, processGuid: string, owner: EventOwner): EventOwner {
  owners.delete(processGuid);
  owners.set(processGuid, owner);
  if (owners.size > OWNERS_MAX) owners.delete(owners.keys().next().value!);
  return owner;
}
