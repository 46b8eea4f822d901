import type { FastifyRequest } from "fastify";
import { UaaError } from "../errors.ts";
import { parseScimFilter, type ScimFilter, ScimFilterError } from "../scim-filter.ts";
import type { PageRequest } from "../scim-page.ts";
import { SCIM_SCHEMAS } from "../scim-user.ts";
import { escapeHtml } from "./page.ts";
import { parametersOf } from "./request.ts";

/** UAA: userMaxCount, groupMaxCount */
export const COUNT_MAX = 500;

/** The error of a bad filter: SCIM resources have another than clients. */
export type BadFilterCode = "scim" | "invalid_request";

export interface ScimQuery {
  readonly filterText: string;
  readonly filter: ScimFilter;
  readonly page: PageRequest;
  /** From 1, as SCIM counts. */
  readonly startIndex: number;
  readonly count: number;
  /** Empty: all. */
  readonly attributes: readonly string[];
}

/** Reads filter, sortBy, sortOrder, startIndex, count, attributes. Throws `code` (400) for a bad filter. */
export function readScimQuery(
  request: FastifyRequest,
  defaults = { filter: "id pr", sortBy: "created" },
  code: BadFilterCode = "scim",
): ScimQuery {
  const parameters = parametersOf(request);
  const filterText = parameters["filter"] ?? defaults.filter;
  const sortBy = parameters["sortBy"] ?? defaults.sortBy;
  const startIndex = Math.max(1, wholeNumber(parameters["startIndex"], 1));
  const count = Math.min(COUNT_MAX, Math.max(0, wholeNumber(parameters["count"], 100)));
  const ascending = (parameters["sortOrder"] ?? "ascending").toLowerCase() === "ascending";
  const attributes = (parameters["attributes"] ?? "")
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  return {
    filterText,
    filter: orBadFilter(filterText, sortBy, code, () => parseScimFilter(filterText)),
    page: { offset: startIndex - 1, limit: count, sortBy, ascending },
    startIndex,
    count,
    attributes,
  };
}

/** Runs work on a filter; what is wrong with the filter becomes UAA's answer. */
export function orBadFilter<T>(filterText: string, sortBy: string, code: BadFilterCode, work: () => T): T {
  const refuse = (error: unknown): never => {
    if (!(error instanceof ScimFilterError)) throw error;
    throw new UaaError(code, escapeHtml(`Invalid filter expression: [${filterText}] [${sortBy}]`));
  };
  try {
    const result = work();
    return result instanceof Promise ? (result.catch(refuse) as T) : result;
  } catch (error) {
    return refuse(error);
  }
}

/** A page of results as SCIM JSON, cut down to the attributes asked for. */
export function wirePage(
  query: ScimQuery,
  resources: readonly Readonly<Record<string, unknown>>[],
  total: number,
): Record<string, unknown> {
  return {
    resources:
      query.attributes.length === 0
        ? resources
        : resources.map((resource) => pickAttributes(resource, query.attributes)),
    startIndex: query.startIndex,
    itemsPerPage: query.count,
    totalResults: total,
    schemas: SCIM_SCHEMAS,
  };
}

/** Whether an attribute, or one within it, is to be shown. */
export function wantsAttribute(query: ScimQuery, name: string): boolean {
  return (
    query.attributes.length === 0 || query.attributes.some((wanted) => wanted.split(".")[0]?.toLowerCase() === name)
  );
}

/** Short names of attributes that lie deeper. UAA: ScimUserEndpoints.findUsers */
const DEEPER: ReadonlyMap<string, string> = new Map([
  ["familyname", "name.familyName"],
  ["givenname", "name.givenName"],
  ["created", "meta.created"],
  ["lastmodified", "meta.lastModified"],
  ["version", "meta.version"],
]);

/** A part of a resource, by paths such as `emails.value`; what is not there is null. UAA: SearchResultsFactory */
export function pickAttributes(
  resource: Readonly<Record<string, unknown>>,
  attributes: readonly string[],
): Record<string, unknown> {
  const picked: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const attribute of attributes) {
    const path = attribute in resource ? attribute : (DEEPER.get(attribute.toLowerCase()) ?? attribute);
    picked[attribute] = valueAt(resource, path.split(".", 4));
  }
  return picked;
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  const [head, ...rest] = path;
  if (head === undefined) return value ?? null;
  if (Array.isArray(value)) return value.map((item: unknown) => valueAt(item, path));
  if (typeof value !== "object" || value === null) return null;
  const name = Object.keys(value).find((key) => key.toLowerCase() === head.toLowerCase());
  return name === undefined ? null : valueAt((value as Record<string, unknown>)[name], rest);
}

function wholeNumber(text: string | undefined, fallback: number): number {
  if (text === undefined || text === "") return fallback;
  if (!/^-?\d{1,9}$/.test(text)) throw new UaaError("scim", `"${escapeHtml(text)}" is no number`);
  return Number(text);
}
