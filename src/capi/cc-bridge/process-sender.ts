import type { BbsClient } from "../../diego/bbs/client.ts";
import { appRecipe, appUpdate } from "./app-recipe.ts";
import type { CloudControllerSource } from "./client.ts";
import type { BridgeConfig } from "./config.ts";
import { bbsErrorType, toBridgeError } from "./errors.ts";
import { InOrder } from "./in-order.ts";
import { lrpGuidOf, type ProcessToRun } from "./model.ts";

/** Carries one process over to Diego. What must be there is read anew each time, so order and repetition do no harm. */
export class ProcessSender {
  readonly #config: BridgeConfig;
  readonly #bbs: BbsClient;
  readonly #order = new InOrder();

  constructor(config: BridgeConfig, bbs: BbsClient) {
    this.#config = config;
    this.#bbs = bbs;
  }

  /** Desires or updates the process as the source has it now; removes the LRPs of `staleVersions`. */
  bringInLine(
    source: CloudControllerSource,
    processGuid: string,
    staleVersions: readonly string[],
    signal: AbortSignal,
  ): Promise<void> {
    return this.#order.run(processGuid, async () => {
      const process = await source.processToRun(processGuid, signal);
      if (process !== null) await this.#desireOrUpdate(process, signal);
      for (const version of staleVersions) {
        if (version !== process?.version) await this.remove(lrpGuidOf({ guid: processGuid, version }), signal);
      }
    });
  }

  /** Only what the source still wants under this very LRP guid. */
  bringOneInLine(
    source: CloudControllerSource,
    processGuid: string,
    lrpGuid: string,
    signal: AbortSignal,
  ): Promise<void> {
    return this.#order.run(processGuid, async () => {
      const process = await source.processToRun(processGuid, signal);
      if (process !== null && lrpGuidOf(process) === lrpGuid) await this.#desireOrUpdate(process, signal);
    });
  }

  async remove(lrpGuid: string, signal: AbortSignal): Promise<void> {
    try {
      await this.#bbs.removeDesiredLrp(lrpGuid, signal);
    } catch (error) {
      if (bbsErrorType(error) !== "ResourceNotFound") throw toBridgeError(error, "RunnerError", lrpGuid);
    }
  }

  async #desireOrUpdate(process: ProcessToRun, signal: AbortSignal): Promise<void> {
    try {
      await this.#bbs.updateDesiredLrp(lrpGuidOf(process), appUpdate(process), signal);
      return;
    } catch (error) {
      if (bbsErrorType(error) !== "ResourceNotFound") throw toBridgeError(error, "RunnerError", process.guid);
    }
    try {
      await this.#bbs.desireLrp(appRecipe(process, this.#config), signal);
    } catch (error) {
      if (bbsErrorType(error) !== "ResourceExists") throw toBridgeError(error, "RunnerError", process.guid);
    }
  }
}
