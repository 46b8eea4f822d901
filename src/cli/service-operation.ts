import type { Cli } from "./cli.ts";
import { flag } from "./command.ts";
import type { HttpAnswer } from "./http.ts";

export const WAIT_FLAG = flag("--wait -w", "Wait for the operation to complete");

/**
 * Follows what a broker does: true once it has done it; false, unless one waits, as soon as it takes longer.
 * Throws the broker's failure. cli: command/v7/shared/result_waiter.go
 */
export async function isBrokerDone({ cc, ui }: Cli, answer: HttpAnswer, wait: boolean): Promise<boolean> {
  if (!wait) return await cc.waitForJob(answer, "POLLING");
  ui.write("Waiting for the operation to complete");
  try {
    return await cc.waitForJob(answer, "COMPLETE", () => ui.write("."));
  } finally {
    ui.text("\n");
  }
}
