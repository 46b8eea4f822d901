import { z } from "zod";
import { check, hasOnlyPrintable, metadata } from "../../validation.ts";

function organizationName() {
  return z
    .string()
    .min(1)
    .max(255)
    .superRefine(check((name) => (hasOnlyPrintable(name) ? [] : ["must not contain escaped characters"])));
}

/** CC: messages/organization_create_message.rb */
export const ORGANIZATION_CREATE = z.strictObject({
  name: organizationName().superRefine(check((name) => (name.trim() === "" ? ["can't be blank"] : []))),
  suspended: z.boolean().nullish(),
  metadata: metadata(),
});

/** CC: messages/organization_update_message.rb */
export const ORGANIZATION_UPDATE = z.strictObject({
  name: organizationName().nullish(),
  suspended: z.boolean().nullish(),
  metadata: metadata(),
});
