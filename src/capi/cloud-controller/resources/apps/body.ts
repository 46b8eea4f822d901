import { z } from "zod";
import { check, full, metadata, own, relationships, toOneRequired } from "../../validation.ts";
import { environmentVariables } from "./environment-variables.ts";
import { lifecycle } from "./lifecycle.ts";

function appName() {
  return z
    .string({ error: own("must be a string") })
    .max(255, { error: own("is too long (maximum is 255 characters)") });
}

/** CC: models/runtime/app_model.rb, APP_NAME_REGEX: nothing but printable characters. */
export function nameTexts(name: string): string[] {
  if (name.trim() === "") return ["name presence"];
  return /^[\p{L}\p{M}\p{N}\p{P}\p{S}\p{Zs}]+$/u.test(name) ? [] : ["name format"];
}

/** CC: messages/app_create_message.rb */
export const APP_CREATE = z.strictObject({
  name: appName().superRefine(check((name) => nameTexts(name).map(full))),
  environment_variables: environmentVariables(),
  relationships: relationships({ space: toOneRequired("space") }),
  lifecycle: lifecycle(),
  metadata: metadata(),
});

/** CC: messages/app_update_message.rb */
export const APP_UPDATE = z.strictObject({
  name: appName()
    .superRefine(check((name) => nameTexts(name).map(full)))
    .nullish(),
  lifecycle: lifecycle(),
  metadata: metadata(),
});
