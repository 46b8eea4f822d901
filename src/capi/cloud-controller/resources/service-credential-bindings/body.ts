import { z } from "zod";
import { metadata, own, relationships, toOneRequired } from "../../validation.ts";

const parameters = z.record(z.string(), z.unknown(), { error: own("must be an object") }).nullish();

/** CC: messages/service_credential_binding_create_message.rb: decides which of the two follows. */
export const BINDING_TYPE = z.object({ type: z.enum(["app", "key"], { error: own("must be 'app' or 'key'") }) });

/** CC: messages/service_credential_app_binding_create_message.rb */
export const APP_BINDING_CREATE = z.strictObject({
  type: z.literal("app"),
  name: z.string().nullish(),
  strategy: z.enum(["single", "multiple"], { error: own("must be 'single' or 'multiple'") }).nullish(),
  parameters,
  relationships: relationships({ service_instance: toOneRequired("service_instance"), app: toOneRequired("app") }),
  metadata: metadata(),
});

/** CC: messages/service_credential_key_binding_create_message.rb */
export const KEY_BINDING_CREATE = z.strictObject({
  type: z.literal("key"),
  name: z.string().min(1, { error: own("can't be blank") }),
  strategy: z.unknown().optional(),
  parameters,
  relationships: relationships({ service_instance: toOneRequired("service_instance") }),
  metadata: metadata(),
});

export const BINDING_UPDATE = z.strictObject({ metadata: metadata() });
