import { z } from "zod";
import { metadata, own, relationships, toOneRequired } from "../../validation.ts";

/** CC: messages/service_route_binding_create_message.rb */
export const ROUTE_BINDING_CREATE = z.strictObject({
  relationships: relationships({
    service_instance: toOneRequired("service_instance"),
    route: toOneRequired("route"),
  }),
  parameters: z.record(z.string(), z.unknown(), { error: own("must be an object") }).nullish(),
  metadata: metadata(),
});

export const ROUTE_BINDING_UPDATE = z.strictObject({ metadata: metadata() });
