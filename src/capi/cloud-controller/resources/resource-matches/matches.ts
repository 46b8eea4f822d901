import { z } from "zod";
import { check, own } from "../../validation.ts";
import { RESOURCE_BYTES_MAX, RESOURCE_BYTES_MIN } from "../packages/resource-cache.ts";

/** What a client has and we may have, too. */
export interface ResourceDescriptor {
  readonly checksum: { readonly value: string };
  readonly size_in_bytes: number;
  readonly path?: string | null;
  readonly mode?: string | null;
}

const PREAMBLE = "array contains at least one resource with";

/** CC: messages/resource_match_create_message.rb */
export const RESOURCE_MATCH = z.object({
  resources: z
    .array(z.unknown(), { error: own("must be an array") })
    .min(1, { error: own("must have at least 1 resource") })
    .max(5000, { error: own("array can have at most 5000 resources") })
    .superRefine(check((resources) => [...new Set(resources.flatMap(faults))].map((fault) => `${PREAMBLE} ${fault}`)))
    .transform((resources) => resources as ResourceDescriptor[]),
});

function faults(resource: unknown): string[] {
  const { checksum, size_in_bytes: size, mode } = (resource ?? {}) as Record<string, unknown>;
  const texts: string[] = [];
  if (typeof checksum !== "object" || checksum === null) texts.push("a non-object checksum");
  else {
    const { value } = checksum as { value?: unknown };
    if (typeof value !== "string") texts.push("a non-string checksum value");
    else if (value.length !== 40) texts.push("a non-SHA1 checksum value");
  }
  if (typeof size !== "number" || !Number.isInteger(size)) texts.push("a non-integer size_in_bytes");
  else if (size < 0) texts.push("a negative size_in_bytes");
  if (mode !== undefined && mode !== null) {
    if (typeof mode !== "string") texts.push("a non-string mode");
    else if (!/^[0-7]+$/.test(mode)) texts.push("an incorrect mode");
  }
  return texts;
}

/** Whether it is worth looking for. CC: resource_match.rb, resource_pool.rb */
export function isMatchable(resource: ResourceDescriptor): boolean {
  const size = resource.size_in_bytes;
  if (size <= RESOURCE_BYTES_MIN || size >= RESOURCE_BYTES_MAX) return false;
  return typeof resource.mode !== "string" || Number.parseInt(resource.mode, 8) >= 0o600;
}
