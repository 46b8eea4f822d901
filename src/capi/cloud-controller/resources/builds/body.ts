import { z } from "zod";
import { full, metadata, own, whole } from "../../validation.ts";
import { environmentVariables } from "../apps/environment-variables.ts";
import { lifecycle } from "../apps/lifecycle.ts";

const positive = () => whole((number) => number.gt(0, { error: own("must be greater than 0") })).nullish();

/** CC: messages/build_create_message.rb */
export const BUILD_CREATE = z
  .strictObject({
    package: z.unknown().optional(),
    lifecycle: lifecycle(),
    staging_memory_in_mb: positive(),
    staging_disk_in_mb: positive(),
    staging_log_rate_limit_bytes_per_second: whole((number) =>
      number.min(-1, { error: own("must be greater than or equal to -1") }),
    ).nullish(),
    environment_variables: environmentVariables(),
    metadata: metadata(),
  })
  .superRefine((body, ctx) => {
    const guid = (body.package as { guid?: unknown } | null | undefined)?.guid;
    const texts: string[] = [];
    if (guid === undefined || guid === null || guid === "") texts.push("can't be blank");
    if (typeof guid !== "string") texts.push("must be a string");
    if (typeof guid !== "string" || guid.length < 1 || guid.length > 200) {
      texts.push("must be between 1 and 200 characters");
    }
    for (const text of texts) ctx.addIssue({ code: "custom", message: full(`Package guid ${text}`), input: guid });
  })
  .transform(({ package: pkg, ...rest }) => ({ ...rest, packageGuid: (pkg as { guid: string }).guid }));

/** CC: messages/build_update_message.rb; states are set by external stagers only. */
export const BUILD_UPDATE = z.strictObject({
  metadata: metadata(),
  state: z.string().optional(),
  error: z.string({ error: own("must be a string") }).nullish(),
  lifecycle: z.unknown().optional(),
});
