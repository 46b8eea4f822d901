import { z } from "zod";
import { check, full, metadata, own, relationships, toOneRequired } from "../../validation.ts";

/** Combined length of all tags. CC: ServiceInstance#validate_tags_length */
const TAGS_LENGTH_MAX = 2048;

const tags = z
  .unknown()
  .superRefine(
    check<unknown>((value) => {
      if (value === undefined || value === null) return [];
      if (!Array.isArray(value)) return ["must be an array"];
      if (value.some((tag) => typeof tag !== "string")) return ["must be a list of strings"];
      return value.join("").length > TAGS_LENGTH_MAX ? [full("tags too_long")] : [];
    }),
  )
  .transform((value) => (value ?? undefined) as readonly string[] | undefined)
  .optional();

function isUri(text: unknown): boolean {
  return typeof text === "string" && URL.canParse(text);
}

function url(https: boolean) {
  return z
    .unknown()
    .superRefine(
      check<unknown>((value) => {
        if (value === undefined || value === null || value === "") return [];
        return [
          ...(isUri(value) ? [] : ["must be a valid URI"]),
          ...(https && typeof value === "string" && !value.startsWith("https:") ? ["must be https"] : []),
        ];
      }),
    )
    .transform((value) => (value === undefined ? undefined : ((value === "" ? null : value) as string | null)))
    .optional();
}

const credentials = z.record(z.string(), z.unknown(), { error: own("must be an object") }).nullish();

const userProvided = {
  tags,
  credentials,
  syslog_drain_url: url(false),
  route_service_url: url(true),
  metadata: metadata(),
};

/** CC: messages/service_instance_create_message.rb: what both kinds have in common decides first. */
export const INSTANCE_TYPE = z.object({
  type: z.enum(["managed", "user-provided"], { error: own("must be one of 'managed', 'user-provided'") }),
});

/** CC: messages/service_instance_create_user_provided_message.rb */
export const USER_PROVIDED_CREATE = z.strictObject({
  type: z.literal("user-provided", { error: own("must be 'user-provided'") }),
  name: z
    .string()
    .max(255)
    .superRefine(check((name) => (name.trim() === "" ? ["can't be blank"] : []))),
  relationships: relationships({ space: toOneRequired("space") }),
  ...userProvided,
});

/** CC: messages/service_instance_create_managed_message.rb */
export const MANAGED_CREATE = z.strictObject({
  type: z.literal("managed", { error: own("must be 'managed'") }),
  name: z
    .string()
    .max(255)
    .superRefine(check((name) => (name.trim() === "" ? ["can't be blank"] : []))),
  parameters: z.record(z.string(), z.unknown(), { error: own("must be an object") }).nullish(),
  relationships: relationships({ space: toOneRequired("space"), service_plan: toOneRequired("service_plan") }),
  tags,
  metadata: metadata(),
});

/** CC: lib/vcap/semver_validator.rb */
const SEMVER =
  /^(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)(?:-[\da-z-]+(?:\.[\da-z-]+)*)?(?:\+[\da-z-]+(?:\.[\da-z-]+)*)?$/i;

const maintenanceInfo = z
  .strictObject(
    {
      version: z
        .string({ error: own("must be a string") })
        .superRefine(check((version) => (SEMVER.test(version) ? [] : ["must be a Semantic Version string"])))
        .nullish(),
    },
    { error: own("must be an object") },
  )
  .nullish();

/** CC: messages/service_instance_update_managed_message.rb */
export const MANAGED_UPDATE = z.strictObject({
  name: z.string().max(255).nullish(),
  tags,
  parameters: z.record(z.string(), z.unknown(), { error: own("must be an object") }).nullish(),
  relationships: relationships({ service_plan: toOneRequired("service_plan") }).optional(),
  maintenance_info: maintenanceInfo,
  metadata: metadata(),
});

export type ManagedUpdate = z.output<typeof MANAGED_UPDATE>;

/** CC: messages/service_instance_update_user_provided_message.rb */
export const USER_PROVIDED_UPDATE = z.strictObject({ name: z.string().max(255).nullish(), ...userProvided });
