import type { DeploymentWish } from "./app-start.ts";
import type { FlagSpec, Input } from "./args.ts";
import { value } from "./command.ts";
import { IncorrectUsage, UsageError } from "./errors.ts";
import { integer } from "./flag-values.ts";

export const INSTANCE_STEPS = value(
  "--instance-steps",
  "An array of percentage steps to deploy when using deployment strategy canary. (e.g. 20,40,60)",
);
const STRATEGY = value("--strategy", "Deployment strategy can be canary, rolling or null.");

/** @param doing what is done to the instances, e.g. `being restaged`. */
export function deploymentFlags(doing: string): readonly [FlagSpec, FlagSpec, FlagSpec] {
  const about = `Defines the maximum number of instances that will be actively ${doing}. Only applies when --strategy flag is specified.`;
  return [INSTANCE_STEPS, value("--max-in-flight", about), STRATEGY];
}

/**
 * The wish that the flags make; null: stop and start. Throws the official usage errors.
 * @param fallback the strategy of a command that always makes a deployment.
 */
export function deploymentWish(input: Input, fallback: "rolling" | null = null): DeploymentWish | null {
  const strategy = (input.text("strategy") ?? "").toLowerCase();
  if (!["rolling", "canary", ""].includes(strategy)) {
    throw new UsageError(`Incorrect Usage: STRATEGY must be "canary", "rolling" or not set`);
  }
  const inFlight = integer(input, "max-in-flight");
  const steps = input.text("instance-steps");
  if (strategy === "" && fallback === null && inFlight !== undefined) {
    throw new IncorrectUsage("'--max-in-flight' and '--strategy' must be used together.");
  }
  if (inFlight !== undefined && inFlight < 1) {
    throw new IncorrectUsage("--max-in-flight must be greater than or equal to 1");
  }
  if (steps !== undefined && strategy !== "canary") {
    throw new IncorrectUsage("'--instance-steps' and '--strategy=canary' must be used together.");
  }
  if (steps !== undefined && !/^\d+(,\d+)*$/.test(steps)) {
    throw new IncorrectUsage("Value for --instance-steps must be list of weights", "Incorrect usage: ");
  }
  const chosen = strategy === "rolling" || strategy === "canary" ? strategy : fallback;
  if (chosen === null) return null;
  return {
    strategy: chosen,
    maxInFlight: inFlight ?? null,
    instanceSteps: steps === undefined ? [] : steps.split(",").map(Number),
    scale: {},
  };
}
