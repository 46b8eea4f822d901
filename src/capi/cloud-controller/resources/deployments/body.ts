import { z } from "zod";
import { full, metadata, numberOf, own, validationTexts } from "../../validation.ts";
import { PROCESS_SCALE } from "../processes/body.ts";

const OPTION_KEYS = [
  "canary",
  "max_in_flight",
  "web_instances",
  "memory_in_mb",
  "disk_in_mb",
  "log_rate_limit_in_bytes_per_second",
];

/** As a deployment keeps them. */
export interface DeploymentOptions {
  readonly max_in_flight: number;
  readonly web_instances?: number;
  readonly memory_in_mb?: number;
  readonly disk_in_mb?: number;
  readonly log_rate_limit_in_bytes_per_second?: number;
  readonly canary?: { readonly steps?: readonly { readonly instance_weight: number }[] };
}

const guidHolder = (text: string) => z.object({ guid: z.string() }, { error: full(text) }).nullish();

/** CC: messages/deployment_create_message.rb */
export const DEPLOYMENT_CREATE = z
  .strictObject({
    relationships: z.unknown().transform((value) => {
      const { app } = (value ?? {}) as { app?: { data?: { guid?: unknown } } };
      return String(app?.data?.guid ?? "");
    }),
    droplet: guidHolder("Droplet must be an object"),
    revision: guidHolder("Revision must be an object"),
    strategy: z.string({ error: own("must be a string") }).nullish(),
    options: z.unknown().optional(),
    metadata: metadata(),
  })
  .superRefine((body, ctx) => {
    const texts: string[] = [];
    if (body.strategy && !["rolling", "canary"].includes(body.strategy)) {
      texts.push(`Strategy '${body.strategy}' is not a supported deployment strategy`);
    }
    if (body.revision && body.droplet) texts.push("Droplet Cannot set both fields 'droplet' and 'revision'");
    texts.push(...optionTexts(body.options, body.strategy ?? "rolling"));
    for (const message of texts) ctx.addIssue({ code: "custom", message: full(message), input: body });
  })
  .transform((body) => ({
    ...body,
    strategy: (body.strategy ?? "rolling") as "rolling" | "canary",
    options: givenOptions((body.options ?? {}) as Record<string, unknown>),
  }));

export const DEPLOYMENT_UPDATE = z.strictObject({ metadata: metadata() });

/** What is null is not given: the cf CLI names every option. */
function givenOptions(options: Record<string, unknown>): DeploymentOptions {
  const { canary, ...rest } = options;
  const named = Object.entries(rest).filter(([, value]) => value !== null);
  const given = Object.fromEntries(named.map(([name, value]) => [name, numberOf(value)]));
  const { steps } = (canary ?? {}) as { steps?: readonly { instance_weight: number }[] | null };
  return { max_in_flight: 1, ...given, ...(steps === undefined || steps === null ? {} : { canary: { steps } }) };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function optionTexts(options: unknown, strategy: string): string[] {
  if (options === undefined || options === null) return [];
  if (!isObject(options)) return ["Options must be an object"];
  const unknown = Object.keys(options).filter((key) => !OPTION_KEYS.includes(key));
  const texts = unknown.length === 0 ? [] : [`Options has unsupported key(s): ${unknown.join(", ")}`];
  const { web_instances, memory_in_mb, disk_in_mb, log_rate_limit_in_bytes_per_second } = options;
  const scale = { instances: web_instances, memory_in_mb, disk_in_mb, log_rate_limit_in_bytes_per_second };
  const parsed = PROCESS_SCALE.safeParse(scale, { reportInput: true });
  if (!parsed.success) {
    texts.push(...validationTexts(parsed.error).map((text) => text.replace(/^Instances/, "Web instances")));
  }
  const { max_in_flight: inFlight, canary } = options;
  if (inFlight !== undefined && inFlight !== null && (!Number.isInteger(inFlight) || (inFlight as number) < 1)) {
    texts.push("Max in flight must be an integer greater than 0");
  }
  return [...texts, ...canaryTexts(canary, strategy)];
}

function canaryTexts(canary: unknown, strategy: string): string[] {
  if (canary === undefined || canary === null) return [];
  if (!isObject(canary)) return ["Options.canary must be an object"];
  if (strategy !== "canary") return ["Options.canary are only valid for Canary deployments"];
  const { steps } = canary;
  if (steps === undefined || steps === null) return [];
  const name = "Options.canary.steps";
  if (!Array.isArray(steps) || !steps.every(isObject)) return [`${name} must be an array of objects`];
  const unknown = steps.flatMap((step) => Object.keys(step).filter((key) => key !== "instance_weight"));
  if (unknown.length > 0) return [`${name} has unsupported key(s): ${unknown.join(", ")}`];
  const weights = steps.map((step) => step["instance_weight"]);
  if (weights.includes(undefined)) return [`${name} missing key: "instance_weight"`];
  if (!weights.every((weight) => Number.isInteger(weight) && (weight as number) >= 1 && (weight as number) <= 100)) {
    return [`${name}.instance weight must be an Integer between 1-100 (inclusive)`];
  }
  const sorted = (weights as number[]).every((weight, at) => at === 0 || weight >= (weights[at - 1] as number));
  return sorted ? [] : [`${name}.instance weight must be sorted in ascending order`];
}
