import { z } from "zod";
import { full, metadata, own, whole } from "../../validation.ts";

const positive = () => whole((number) => number.gt(0, { error: own("must be greater than 0") })).nullish();

/** CC: messages/task_create_message.rb, models/runtime/task_model.rb */
export const TASK_CREATE = z
  .strictObject({
    name: z.string({ error: own("must be a string") }).nullish(),
    command: z.string({ error: own("must be a string") }).nullish(),
    user: z
      .string({ error: own("must be a string") })
      .min(1, { error: own("must be between 1 and 255 characters") })
      .max(255, { error: own("must be between 1 and 255 characters") })
      .nullish(),
    disk_in_mb: positive(),
    memory_in_mb: positive(),
    log_rate_limit_in_bytes_per_second: whole((number) =>
      number.gt(-2, { error: own("must be greater than -2") }),
    ).nullish(),
    droplet_guid: z
      .string({ error: own("must be a string") })
      .min(1, { error: own("must be between 1 and 200 characters") })
      .max(200, { error: own("must be between 1 and 200 characters") })
      .nullish(),
    template: z
      .object(
        { process: z.object({ guid: z.string() }, { error: full("Template process guid must be a string") }) },
        { error: full("Template process guid must be a string") },
      )
      .nullish(),
    metadata: metadata(),
  })
  .superRefine((body, ctx) => {
    if (body.command || body.template) return;
    ctx.addIssue({ code: "custom", message: full("Command No command or template provided"), input: body });
  });

export const TASK_UPDATE = z.strictObject({ metadata: metadata() });
