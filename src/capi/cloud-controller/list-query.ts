import type { Query } from "./api/query.ts";
import { CcError } from "./errors.ts";
import { type LabelRequirement, parseLabelSelector } from "./label-selector.ts";
import { humanize } from "./validation.ts";

/** One filter of a list: `list` takes comma separated values, `text` one value, `boolean` `true` or `false`. */
export type FilterKind = "list" | "text" | "boolean";

/** What a list accepts besides paging, `guids`, `created_ats` and `updated_ats`. */
export interface ListSpec {
  readonly filters?: Readonly<Record<string, FilterKind>>;
  /** Besides created_at and updated_at. */
  readonly orderBy?: readonly string[];
  readonly labelSelector?: boolean;
  /** Allowed values of `include`. */
  readonly include?: readonly string[];
  /** Allowed values of `embed`. */
  readonly embed?: readonly string[];
  /** Allowed `fields[resource]` keys. */
  readonly fields?: Readonly<Record<string, readonly string[]>>;
  /** Query parameters that the list leaves out. */
  readonly without?: readonly ("created_ats" | "updated_ats")[];
  /** CC answers some lists' mistakes with 422 instead of 400. */
  readonly mistakesAre?: "UnprocessableEntity";
  /** Further checks of this list, in CC's words. */
  readonly check?: (list: ListQuery) => readonly string[];
}

/** `[from, to]` in milliseconds, both inclusive. */
export type TimeRange = readonly [fromMs: number, toMs: number];

export interface ListQuery {
  readonly page: number;
  readonly perPage: number;
  /** A column; null: order of creation. */
  readonly orderBy: string | null;
  readonly descending: boolean;
  readonly guids: readonly string[] | null;
  /** Any of them. Null: no filter. */
  readonly createdAts: readonly TimeRange[] | null;
  readonly updatedAts: readonly TimeRange[] | null;
  readonly labels: readonly LabelRequirement[];
  readonly include: readonly string[];
  readonly embed: readonly string[];
  readonly fields: Readonly<Record<string, readonly string[]>>;
  /** The values of a `list` filter, or null when it was not given. */
  list(name: string): readonly string[] | null;
  text(name: string): string | null;
  boolean(name: string): boolean | null;
  /** What was asked, for the links of the pages. */
  readonly given: Query;
}

const PAGING = ["page", "per_page", "order_by"];
const PER_PAGE_DEFAULT = 50;
const PER_PAGE_MAX = 5000;

/** Reads and checks the query of a list. Throws BadQueryParameter with CC's texts. CC: messages/list_message.rb */
export function parseListQuery(spec: ListSpec, query: Query): ListQuery {
  const errors: string[] = [];
  const allowed = allowedParameters(spec);
  const unknown = Object.keys(query).filter((name) => !allowed.includes(name));
  if (unknown.length > 0) {
    errors.push(
      `Unknown query parameter(s): '${unknown.join("', '")}'. Valid parameters are: '${allowed.join("', '")}'`,
    );
  }
  const page = wholeNumber(query, "page", 1, errors);
  const perPage = wholeNumber(query, "per_page", PER_PAGE_DEFAULT, errors);
  if (perPage > PER_PAGE_MAX) errors.push(`Per page must be between 1 and ${PER_PAGE_MAX}`);
  const order = parseOrder(spec, query, errors);
  const createdAts = parseTimes(query, "created_ats", errors);
  const updatedAts = parseTimes(query, "updated_ats", errors);
  const labels = parseLabels(query, errors);
  for (const [name, kind] of Object.entries(spec.filters ?? {})) checkFilter(query, name, kind, errors);
  const include = parseChoices(query, "include", "included", spec.include ?? [], errors);
  const embed = parseChoices(query, "embed", "embedded", spec.embed ?? [], errors);
  const fields = parseFields(spec.fields ?? {}, query, errors);
  const list: ListQuery = {
    page,
    perPage,
    ...order,
    guids: valuesOf(query, "guids", errors),
    createdAts,
    updatedAts,
    labels,
    include,
    embed,
    fields,
    list: (name) => valuesOf(query, name, []),
    text: (name) => textOf(query, name),
    boolean: (name) => (query[name] === undefined ? null : query[name] === "true"),
    given: query,
  };
  if (errors.length === 0) errors.push(...(spec.check?.(list) ?? []));
  if (errors.length > 0) throw new CcError(spec.mistakesAre ?? "BadQueryParameter", [errors]);
  return list;
}

/** For a resource's own page: only `include`, `fields` and the like. */
export function parseShowQuery(
  spec: Pick<ListSpec, "include" | "embed" | "fields" | "mistakesAre">,
  query: Query,
): Pick<ListQuery, "include" | "embed" | "fields"> {
  const errors: string[] = [];
  const allowed = ["include", "embed", "fields"].filter((name) => spec[name as keyof typeof spec] !== undefined);
  const unknown = Object.keys(query).filter((name) => !allowed.includes(name));
  if (unknown.length > 0) {
    errors.push(
      `Unknown query parameter(s): '${unknown.join("', '")}'. Valid parameters are: '${allowed.join("', '")}'`,
    );
  }
  const include = parseChoices(query, "include", "included", spec.include ?? [], errors);
  const embed = parseChoices(query, "embed", "embedded", spec.embed ?? [], errors);
  const fields = parseFields(spec.fields ?? {}, query, errors);
  if (errors.length > 0) throw new CcError(spec.mistakesAre ?? "BadQueryParameter", [errors]);
  return { include, embed, fields };
}

function allowedParameters(spec: ListSpec): string[] {
  return [
    ...PAGING,
    "created_ats",
    "updated_ats",
    "guids",
    ...Object.keys(spec.filters ?? {}),
    ...(spec.include === undefined ? [] : ["include"]),
    ...(spec.embed === undefined ? [] : ["embed"]),
    ...(spec.fields === undefined ? [] : ["fields"]),
    ...(spec.labelSelector === true ? ["label_selector"] : []),
  ].filter((name) => !(spec.without ?? []).includes(name as "created_ats"));
}

function textOf(query: Query, name: string): string | null {
  const value = query[name];
  return typeof value === "string" ? value : null;
}

/** `a, b%2Cc` → `a`, `b,c`. */
function valuesOf(query: Query, name: string, errors: string[]): readonly string[] | null {
  const value = query[name];
  if (value === undefined) return null;
  if (typeof value !== "string") {
    errors.push(`${humanize(name)} must be an array`);
    return null;
  }
  return value.split(/,\s*/).map(unescaped);
}

function unescaped(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value; // a percent sign that stands for itself
  }
}

function wholeNumber(query: Query, name: string, fallback: number, errors: string[]): number {
  const text = textOf(query, name);
  if (text === null || text === "") {
    if (text === "") errors.push(`${humanize(name)} must be a positive integer`);
    return fallback;
  }
  const number = Number.parseInt(text, 10);
  if (Number.isSafeInteger(number) && number > 0) return number;
  errors.push(`${humanize(name)} must be a positive integer`);
  return fallback;
}

function parseOrder(spec: ListSpec, query: Query, errors: string[]): Pick<ListQuery, "orderBy" | "descending"> {
  const text = textOf(query, "order_by");
  if (text === null || text === "") return { orderBy: null, descending: false };
  const columns = ["created_at", "updated_at", ...(spec.orderBy ?? [])];
  // A plus sign in a query string arrives as a space.
  const match = /^([+\- ])?(.*)$/s.exec(text);
  const column = match?.[2] ?? "";
  if (!columns.includes(column)) {
    errors.push(`Order by can only be: ${columns.map((name) => `'${name}'`).join(", ")}`);
    return { orderBy: null, descending: false };
  }
  return { orderBy: column, descending: match?.[1] === "-" };
}

const TIMESTAMP = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/;
const END_OF_TIME = Number.MAX_SAFE_INTEGER;

function parseTimes(query: Query, name: string, errors: string[]): readonly TimeRange[] | null {
  const value = query[name];
  if (value === undefined) return null;
  const ranges: TimeRange[] = [];
  const attribute = humanize(name);
  const entries: [string, string][] =
    typeof value === "string" ? value.split(/,\s*/).map((time): [string, string] => ["", time]) : Object.entries(value);
  for (const [operator, time] of entries) {
    if (!["", "lt", "lte", "gt", "gte"].includes(operator))
      errors.push(`${attribute} Invalid relational operator: '${operator}'`);
    if (operator !== "" && time.includes(",")) {
      errors.push(`${attribute} only accepts one value when using a relational operator`);
      continue;
    }
    const ms = TIMESTAMP.test(time) ? Date.parse(time) : Number.NaN;
    if (Number.isNaN(ms)) {
      errors.push(
        `${attribute} has an invalid timestamp format. Timestamps should be formatted as 'YYYY-MM-DDThh:mm:ssZ'`,
      );
      continue;
    }
    ranges.push(rangeOf(operator, ms));
  }
  if (typeof value === "string") return ranges;
  // Several operators narrow each other.
  return [[Math.max(...ranges.map(([from]) => from)), Math.min(...ranges.map(([, to]) => to))]];
}

/** A shown time stands for its whole second. */
function rangeOf(operator: string, ms: number): TimeRange {
  switch (operator) {
    case "lt":
      return [0, ms - 1];
    case "lte":
      return [0, ms + 999];
    case "gt":
      return [ms + 1000, END_OF_TIME];
    case "gte":
      return [ms, END_OF_TIME];
    default:
      return [ms, ms + 999];
  }
}

function parseLabels(query: Query, errors: string[]): readonly LabelRequirement[] {
  const value = query["label_selector"];
  if (value === undefined) return [];
  const selector = parseLabelSelector(typeof value === "string" ? value : "");
  if ("requirements" in selector) return selector.requirements;
  errors.push(...selector.errors);
  return [];
}

function checkFilter(query: Query, name: string, kind: FilterKind, errors: string[]): void {
  const value = query[name];
  if (value === undefined) return;
  if (kind === "list") valuesOf(query, name, errors);
  else if (kind === "boolean" && value !== "true" && value !== "false") {
    errors.push(`${humanize(name)} must be 'true' or 'false'`);
  } else if (typeof value !== "string") errors.push(`${humanize(name)} must be a string`);
}

function parseChoices(
  query: Query,
  name: "include" | "embed",
  participle: string,
  valid: readonly string[],
  errors: string[],
): readonly string[] {
  const wanted = valuesOf(query, name, errors) ?? [];
  if (valid.length === 0) return [];
  const seen = new Map<string, number>();
  for (const choice of wanted) {
    if (!valid.includes(choice)) {
      errors.push(
        `Invalid ${participle} resource: '${choice}'. Valid ${participle} resources are: '${valid.join("', '")}'`,
      );
      continue;
    }
    const times = (seen.get(choice) ?? 0) + 1;
    seen.set(choice, times);
    if (times === 2) errors.push(`Duplicate ${participle} resource: '${choice}'`);
  }
  return [...seen.keys()];
}

function parseFields(
  valid: Readonly<Record<string, readonly string[]>>,
  query: Query,
  errors: string[],
): Readonly<Record<string, readonly string[]>> {
  const value = query["fields"];
  if (value === undefined || Object.keys(valid).length === 0) return {};
  if (typeof value === "string") {
    errors.push("Fields must be an object");
    return {};
  }
  const fields: Record<string, readonly string[]> = {};
  for (const [resource, text] of Object.entries(value)) {
    const keys = valid[resource];
    const wanted = text.split(/,\s*/);
    if (keys === undefined) {
      errors.push(
        `Fields [${resource}] valid resources are: ${Object.keys(valid)
          .map((key) => `'${key}'`)
          .join(", ")}`,
      );
    } else if (wanted.some((key) => !keys.includes(key))) {
      errors.push(`Fields valid keys for '${resource}' are: ${keys.map((key) => `'${key}'`).join(", ")}`);
    } else fields[resource] = wanted;
  }
  return fields;
}
