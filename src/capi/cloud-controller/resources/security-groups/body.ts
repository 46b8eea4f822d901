import { z } from "zod";
import { check, full, relationships, toMany } from "../../validation.ts";
import { ruleTexts } from "./rules.ts";

/** One rule as it is kept. */
export interface SecurityGroupRule {
  readonly protocol: "tcp" | "udp" | "icmp" | "icmpv6" | "all";
  readonly destination: string;
  readonly ports?: string;
  readonly type?: number;
  readonly code?: number;
  readonly description?: string;
  readonly log?: boolean;
}

const rules = z
  .unknown()
  .superRefine(check<unknown>((value) => (value === undefined ? [] : ruleTexts(value).map((text) => full(text)))))
  .transform((value) => value as readonly SecurityGroupRule[] | undefined)
  .optional();

const globallyEnabled = z
  .unknown()
  .superRefine(
    check<unknown>((value) => {
      if (value === undefined || value === null) return [];
      if (typeof value !== "object" || Array.isArray(value)) return ["must be an object"];
      if (Object.keys(value).some((key) => key !== "running" && key !== "staging")) {
        return ["only allows keys 'running' or 'staging'"];
      }
      return Object.values(value).some((one) => typeof one !== "boolean") ? ["values must be booleans"] : [];
    }),
  )
  .transform((value) => (value ?? {}) as { readonly running?: boolean; readonly staging?: boolean })
  .optional();

/** CC: messages/security_group_create_message.rb */
export const SECURITY_GROUP_CREATE = z.strictObject({
  name: z
    .string()
    .max(250)
    .superRefine(check((name) => (name.trim() === "" ? ["can't be blank"] : []))),
  globally_enabled: globallyEnabled,
  rules,
  relationships: relationships({
    running_spaces: toMany("running_spaces").nullish(),
    staging_spaces: toMany("staging_spaces").nullish(),
  }).optional(),
});

/** CC: messages/security_group_update_message.rb */
export const SECURITY_GROUP_UPDATE = z.strictObject({
  name: z.string().min(1).max(250).optional(),
  globally_enabled: globallyEnabled,
  rules,
});
