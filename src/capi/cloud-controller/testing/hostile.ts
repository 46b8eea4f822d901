import fc from "fast-check";
import {
  type Change,
  changed,
  hostileChangeOf,
  hostileRawOf,
  hostileTextOf,
  hostileValueOf,
} from "../../../kit/testing/hostile.ts";

// Requests as nobody should send them: what is wrong in them is one thing, so that the rest gets past the first check.

const hostileText = hostileTextOf(["'; DROP TABLE apps; --", "%' UNION SELECT * FROM users --"]);

export const hostileChange = hostileChangeOf(
  ["guid", "name", "metadata", "relationships", "data", "state", "type"],
  hostileText,
  hostileValueOf(hostileText, [{ guid: {} }, { data: [] }, { data: null }]),
);

/** The body with the changes made, one after the other. */
export function withChanges(body: unknown, changes: readonly Change[]): unknown {
  return changes.reduce((result, change) => changed(result, change) ?? {}, body ?? {});
}

/** Bodies that are no JSON object at all; some are YAML. */
export const hostileRaw = hostileRawOf([
  "a: &a [*a]",
  "a: &x 1\nb: [*x,*x]",
  "applications: 7",
  "applications: [{name: [1]}]",
  "--- !!js/x {}\n",
]);

const PARAMETERS = [
  "page",
  "per_page",
  "order_by",
  "names",
  "guids",
  "space_guids",
  "organization_guids",
  "app_guids",
  "states",
  "types",
  "type",
  "include",
  "embed",
  "fields[space]",
  "fields[service_plan.service_offering]",
  "label_selector",
  "created_ats",
  "created_ats[gt]",
  "updated_ats[lte]",
  "target_guids[not]",
  "after_guid",
  "ports",
  "versions",
  "sequence_ids",
  "hosts",
  "host",
  "path",
  "unmapped",
  "recursive",
  "purge",
  "source_guid",
  "default",
  "x[y][z]",
  "a[]",
] as const;

/** A query string, broken in one place or two. */
export const hostileQuery: fc.Arbitrary<string> = fc.oneof(
  { weight: 2, arbitrary: fc.constant("") },
  {
    weight: 3,
    arbitrary: fc
      .array(fc.tuple(fc.oneof(fc.constantFrom(...PARAMETERS), hostileText), hostileText), {
        minLength: 1,
        maxLength: 2,
      })
      .map(
        (pairs) =>
          `?${pairs.map(([name, value]) => `${escaped(name).slice(0, 1000)}=${escaped(value).slice(0, 4000)}`).join("&")}`,
      ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom("?%", "?%zz=%zz", "?=", "?&&&", "?a=%ff", "?page[a]=1&page=2", "?names=%00", "?[]=1"),
  },
);

/** A part of a path in place of a guid. */
export const hostilePart: fc.Arbitrary<string> = hostileText
  .map((text) => escaped(text).slice(0, 1500))
  .filter((part) => part !== "");

function escaped(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}
