import { z } from "zod";
import { full, metadata, own, relationships, toOneRequired } from "../../validation.ts";

/** CC: messages/package_create_message.rb, docker_data_validator.rb, bits_data_validator.rb */
export const PACKAGE_CREATE = z
  .strictObject({
    type: z.enum(["bits", "docker"], { error: own("must be one of 'bits, docker'") }),
    data: z.record(z.string(), z.unknown(), { error: own("must be an object") }).nullish(),
    relationships: relationships({ app: toOneRequired("app") }),
    metadata: metadata(),
  })
  .superRefine((body, ctx) => {
    for (const message of dataTexts(body.type, body.data ?? {})) {
      ctx.addIssue({ code: "custom", message: full(`Data ${message}`), input: body.data });
    }
  });

function dataTexts(type: "bits" | "docker", data: Record<string, unknown>): string[] {
  if (type === "bits") {
    return Object.keys(data).length === 0 ? [] : ["Data must be empty if provided for bits packages"];
  }
  const unknown = Object.keys(data).filter((key) => !["image", "username", "password"].includes(key));
  const texts = unknown.length === 0 ? [] : [`Unknown field(s): '${unknown.join("', '")}'`];
  const { image } = data;
  if (typeof image !== "string") texts.push("Image must be a string");
  if (image === undefined || image === "" || image === null) texts.push("Image required");
  return texts;
}

/** CC: messages/package_update_message.rb */
export const PACKAGE_UPDATE = z.strictObject({
  username: z.string({ error: own("must be a string") }).nullish(),
  password: z.string({ error: own("must be a string") }).nullish(),
  metadata: metadata(),
});
