import { z } from "zod";
import { check, full, metadata, own, relationships, toOneRequired } from "../../validation.ts";

/** CC: messages/droplet_create_message.rb */
export const DROPLET_CREATE = z.strictObject({
  relationships: relationships({ app: toOneRequired("app") }),
  process_types: z
    .record(z.string(), z.unknown(), { error: own("must be an object") })
    .superRefine(
      check((types) => [
        ...(Object.keys(types).includes("") ? [full("Process types key must not be empty")] : []),
        ...(Object.values(types).every((value) => typeof value === "string")
          ? []
          : [full("Process types value must be a string")]),
      ]),
    )
    .transform((types) => types as Record<string, string>)
    .nullish(),
});

/** CC: messages/droplet_copy_message.rb */
export const DROPLET_COPY = z.strictObject({
  relationships: z
    .object(
      { app: z.object({ data: z.object({ guid: z.string() }) }, { error: full("App must be an object") }) },
      { error: full("App must be an object") },
    )
    .transform(({ app }) => app.data.guid),
});

/** CC: messages/droplet_update_message.rb */
export const DROPLET_UPDATE = z.strictObject({
  image: z.string({ error: own("must be a string") }).nullish(),
  metadata: metadata(),
});
