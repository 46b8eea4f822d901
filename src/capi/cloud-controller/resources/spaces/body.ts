import { z } from "zod";
import { check, hasOnlyPrintable, metadata, relationships, toOneRequired } from "../../validation.ts";

function spaceName() {
  return z
    .string()
    .max(255)
    .superRefine(check((name) => (hasOnlyPrintable(name) ? [] : ["must not contain escaped characters"])));
}

/** CC: messages/space_create_message.rb */
export const SPACE_CREATE = z.strictObject({
  name: spaceName().superRefine(check((name) => (name.trim() === "" ? ["can't be blank"] : []))),
  relationships: relationships({ organization: toOneRequired("organization") }),
  suspended: z.boolean().nullish(),
  metadata: metadata(),
});

/** CC: messages/space_update_message.rb */
export const SPACE_UPDATE = z.strictObject({
  name: spaceName().min(1).nullish(),
  suspended: z.boolean().nullish(),
  metadata: metadata(),
});

/** CC: messages/space_feature_update_message.rb */
export const SPACE_FEATURE_UPDATE = z.strictObject({ enabled: z.boolean() });
