import type { CcOperator } from "../capi/cloud-controller/index.ts";
import type { BbsClient } from "../diego/bbs/client.ts";
import type { UaaAdmin } from "../identity/uaa/index.ts";
import type { Clock } from "../kit/clock.ts";

const ANSWER_MS = 5_000;

/** Which parts do not do their work: those whose database or cells do not answer in time. Empty when all is well. */
export async function failing(parts: {
  readonly cc: Pick<CcOperator, "ping">;
  readonly uaa: Pick<UaaAdmin, "ping">;
  readonly bbs: Pick<BbsClient, "cells">;
  readonly clock: Clock;
}): Promise<string[]> {
  const { cc, uaa, bbs, clock } = parts;
  const limit = clock.deadline(ANSWER_MS);
  const checks: readonly (readonly [string, Promise<unknown>])[] = [
    ["cloud-controller", cc.ping()],
    ["uaa", uaa.ping()],
    ["cell", bbs.cells(limit).then((cells) => (cells.length > 0 ? null : Promise.reject(new Error("none"))))],
  ];
  const over = new Promise<"late">((resolve) => limit.addEventListener("abort", () => resolve("late"), { once: true }));
  const found = await Promise.all(
    checks.map(async ([name, check]) => {
      const answer = await Promise.race([check.then(() => "well" as const).catch(() => "failed" as const), over]);
      return answer === "well" ? [] : [name];
    }),
  );
  return found.flat();
}
