import { type RawBuilder, sql } from "kysely";
import { type ScimFilter, ScimFilterError, type ScimOperator, type ScimValue } from "./scim-filter.ts";

/** What an attribute is in the table. `time` columns hold milliseconds, `flag` columns 0 and 1. */
export interface ScimColumn {
  readonly column: string;
  readonly type: "text" | "number" | "flag" | "time";
}

const COMPARE: Partial<Record<ScimOperator, string>> = { eq: "=", gt: ">", ge: ">=", lt: "<", le: "<=" };

/**
 * A filter as an SQL condition. Text compares without case (ASCII), values are bound. `columns` is keyed by attribute
 * in lower case; an attribute that is not there throws `ScimFilterError`.
 */
export function scimFilterSql(filter: ScimFilter, columns: ReadonlyMap<string, ScimColumn>): RawBuilder<boolean> {
  if (filter.kind === "and" || filter.kind === "or") {
    const terms = chainOf(filter, filter.kind).map((term) => scimFilterSql(term, columns));
    return balanced(terms, filter.kind === "and" ? sql` AND ` : sql` OR `);
  }
  const target = columns.get(filter.attribute);
  if (target === undefined) throw new ScimFilterError(`unknown attribute ${filter.attribute}`);
  const column = sql.ref(target.column);
  if (filter.kind === "present") return sql`(${column} IS NOT NULL)`;
  if (filter.value === null) return sql`(${column} IS NULL)`;
  const value = bindable(filter.value, target);
  if (filter.operator === "co" || filter.operator === "sw") {
    if (target.type !== "text") throw new ScimFilterError(`${filter.attribute} is no text`);
    const place = sql`instr(lower(${column}), ${lowerAscii(value)})`;
    return filter.operator === "sw" ? sql`(${place} = 1)` : sql`(${place} > 0)`;
  }
  const operator = sql.raw(COMPARE[filter.operator]!); // one of five constants
  if (target.type === "text") return sql`(lower(${column}) ${operator} ${lowerAscii(value)})`;
  return sql`(${column} ${operator} ${value})`;
}

/** `a or b or c` is read as a tree that leans to the left; here are its leaves, in order. */
function chainOf(filter: ScimFilter, kind: "and" | "or"): ScimFilter[] {
  const terms: ScimFilter[] = [];
  let rest = filter;
  while (rest.kind === kind) {
    terms.push(rest.right);
    rest = rest.left;
  }
  terms.push(rest);
  return terms.reverse();
}

/** SQLite takes expressions no deeper than 1,000, so a long chain must not become a deep one. */
function balanced(terms: readonly RawBuilder<boolean>[], operator: RawBuilder<unknown>): RawBuilder<boolean> {
  if (terms.length === 1) return terms[0]!;
  const half = terms.length >> 1;
  return sql`(${balanced(terms.slice(0, half), operator)}${operator}${balanced(terms.slice(half), operator)})`;
}

/** As the databases lower what they hold; asked to lower a value, PostgreSQL would go by the letters of its locale. */
function lowerAscii(value: string | number): string {
  return String(value).replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

/** The column to sort by. Throws `ScimFilterError` for an attribute that is not there. */
export function sortColumnOf(sortBy: string, columns: ReadonlyMap<string, ScimColumn>): string {
  const target = columns.get(sortBy.toLowerCase());
  if (target === undefined) throw new ScimFilterError(`unknown attribute ${sortBy}`);
  return target.column;
}

function bindable(value: Exclude<ScimValue, null>, target: ScimColumn): string | number {
  if (target.type === "text") return String(value);
  if (target.type === "flag") {
    if (typeof value === "boolean") return value ? 1 : 0;
    if (value === "true" || value === "false") return value === "true" ? 1 : 0;
  }
  if (target.type === "number" && typeof value !== "boolean" && Number.isFinite(Number(value))) return Number(value);
  if (target.type === "time" && typeof value === "string") {
    const ms = Date.parse(value);
    if (!Number.isNaN(ms)) return ms;
  }
  throw new ScimFilterError(`a wrong kind of value for ${target.column}`);
}
