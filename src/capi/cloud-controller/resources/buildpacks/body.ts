import { z } from "zod";
import { check, metadata, own, whole } from "../../validation.ts";

const name = () =>
  z
    .string({ error: own("must be a string") })
    .max(250, { error: own("is too long (maximum is 250 characters)") })
    .superRefine(check((text) => (/^[-\w]+$/.test(text) ? [] : ["is invalid"])));
const stack = () =>
  z
    .string({ error: own("must be a string") })
    .max(250, { error: own("is too long (maximum is 250 characters)") })
    .nullish();
const position = () => whole((number) => number.min(1, { error: own("must be greater than or equal to 1") }));
const flag = () => z.boolean({ error: own("must be a boolean") });

/** CC: messages/buildpack_create_message.rb */
export const BUILDPACK_CREATE = z.strictObject({
  name: name().superRefine(check((text) => (text === "" ? ["can't be blank"] : []))),
  stack: stack(),
  position: position().nullish(),
  enabled: flag().nullish(),
  locked: flag().nullish(),
  lifecycle: z.enum(["buildpack", "cnb"], { error: own('must be either "buildpack" or "cnb"') }).nullish(),
  metadata: metadata(),
});

/** CC: messages/buildpack_update_message.rb */
export const BUILDPACK_UPDATE = z.strictObject({
  name: name().nullish(),
  stack: stack(),
  position: position().optional(),
  enabled: flag().optional(),
  locked: flag().optional(),
  metadata: metadata(),
});
