import { z } from "zod";
import { metadata, own, whole } from "../../validation.ts";

/** CC: base_message.rb, MAX_DB_INT and MAX_DB_BIGINT (the latter beyond what JSON numbers hold exactly). */
const INT_MAX = 2_147_483_647;
const BIGINT_MAX = Number.MAX_SAFE_INTEGER;

export const wholeNumber = (min: number, max: number) =>
  whole((number) =>
    number
      .min(min, { error: own(`must be greater than or equal to ${min}`) })
      .max(max, { error: own(`must be less than or equal to ${max}`) }),
  ).nullish();

const positive = () =>
  whole((number) =>
    number
      .gt(0, { error: own("must be greater than 0") })
      .max(INT_MAX, { error: own(`must be less than or equal to ${INT_MAX}`) }),
  ).nullish();

/** CC: messages/process_scale_message.rb */
export const PROCESS_SCALE = z.strictObject({
  instances: wholeNumber(0, INT_MAX),
  memory_in_mb: positive(),
  disk_in_mb: positive(),
  log_rate_limit_in_bytes_per_second: wholeNumber(-1, BIGINT_MAX),
});
export type ProcessScale = z.output<typeof PROCESS_SCALE>;

const checkType = () => z.enum(["port", "process", "http"], { error: own('must be "port", "process", or "http"') });

/** CC: lib/utils/uri_utils.rb, is_uri_path? */
export function isUriPath(text: string): boolean {
  return /^\/([^\s/]\S*)?$/.test(text);
}

const endpoint = () =>
  z
    .string({ error: own("must be a valid URI path") })
    .max(255, { error: own("is too long (maximum is 255 characters)") })
    .refine(isUriPath, { error: own("must be a valid URI path") })
    .nullish();

/** CC: messages/process_update_message.rb. Their texts name the flat attribute, e.g. `Health check timeout must be …`. */
const FLAT = z.object({
  health_check_type: checkType().optional(),
  health_check_timeout: wholeNumber(1, INT_MAX),
  health_check_invocation_timeout: wholeNumber(1, INT_MAX),
  health_check_interval: wholeNumber(1, INT_MAX),
  health_check_endpoint: endpoint(),
  readiness_health_check_type: checkType().optional(),
  readiness_health_check_invocation_timeout: wholeNumber(1, INT_MAX),
  readiness_health_check_interval: wholeNumber(1, INT_MAX),
  readiness_health_check_endpoint: endpoint(),
});

const UPDATE = FLAT.extend({
  command: z
    .string({ error: own("must be a string") })
    .min(1, { error: own("must be between 1 and 4096 characters") })
    .max(4096, { error: own("must be between 1 and 4096 characters") })
    .nullish(),
  user: z
    .string({ error: own("must be a string") })
    .min(1, { error: own("must be between 1 and 255 characters") })
    .max(255, { error: own("must be between 1 and 255 characters") })
    .nullish(),
  metadata: metadata(),
});

/** The body as CC's clients send it; checked after `flatten`. */
export const PROCESS_UPDATE = z
  .strictObject({
    command: z.unknown().optional(),
    user: z.unknown().optional(),
    health_check: z.unknown().optional(),
    readiness_health_check: z.unknown().optional(),
    metadata: z.unknown().optional(),
  })
  .transform(flatten)
  .pipe(UPDATE);
export type ProcessUpdate = Partial<z.output<typeof PROCESS_UPDATE>>;

function flatten(body: Record<string, unknown>): Record<string, unknown> {
  const { health_check: health, readiness_health_check: readiness, ...rest } = body;
  return { ...rest, ...flatCheck("health_check", health), ...flatCheck("readiness_health_check", readiness) };
}

function flatCheck(prefix: string, check: unknown): Record<string, unknown> {
  if (typeof check !== "object" || check === null) return {};
  const { type, data } = check as { type?: unknown; data?: unknown };
  const flat: Record<string, unknown> = type === undefined ? {} : { [`${prefix}_type`]: type };
  if (typeof data !== "object" || data === null) return flat;
  for (const [name, value] of Object.entries(data)) flat[`${prefix}_${name}`] = value;
  return flat;
}
