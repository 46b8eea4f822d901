import { type ReferenceExpression, type SelectQueryBuilder, sql } from "kysely";
import type { Links } from "./api/links.ts";
import type { Query } from "./api/query.ts";
import type { ListQuery, TimeRange } from "./list-query.ts";
import type { CcDatabase } from "./store/schema.ts";

export interface ListPage<Row> {
  readonly rows: readonly Row[];
  readonly total: number;
}

/**
 * Filters by guids, times and labels, counts, orders and takes one page of `query`, which selects from `table` (further joins must not
 * multiply rows). `owner` is the name under which the table's labels are kept; `columns` says where a column has another name. Two queries.
 */
export async function readPage<TB extends keyof CcDatabase, Row>(
  query: SelectQueryBuilder<CcDatabase, TB, Row>,
  table: TB & string,
  list: ListQuery,
  options: { readonly owner?: string; readonly columns?: Readonly<Record<string, string>> } = {},
): Promise<ListPage<Row>> {
  const { columns = {}, owner = "" } = options;
  const plain = filter(query, table, list, columns);
  const isRestricted = plain.toOperationNode().where !== undefined;
  const counted = await labelled(plain, table, list, owner, isRestricted)
    .clearSelect()
    .clearOrderBy()
    .select(sql<number>`count(*)`.as("n"))
    .executeTakeFirstOrThrow();
  const total = Number((counted as { n: number }).n);
  const offset = (list.page - 1) * list.perPage;
  if (total <= offset) return { rows: [], total };
  const filtered = labelled(plain, table, list, owner, isRestricted || total > RARE_MAX);
  const column = list.orderBy === null ? "id" : (columns[list.orderBy] ?? list.orderBy);
  const direction = list.descending ? "desc" : "asc";
  const id = sql.ref(`${table}.id`);
  let ordered = filtered.orderBy(sql.ref(`${table}.${column}`), direction);
  if (column !== "id") ordered = ordered.orderBy(id, direction);
  const paged = ordered.limit(list.perPage).offset(offset);
  const isWhole = !isRestricted && list.labels.length === 0;
  if (column === "id" && offset === 0 && isWhole) return { rows: await paged.execute(), total };
  // Sorting and passing over whole rows would copy each of them: find the page's ids, which indexes know, then read its rows.
  const inPage = sql<boolean>`${id} IN (${paged.clearSelect().select(sql`${id}`.as("id"))})`;
  return { rows: await ordered.clearWhere().where(inPage).execute(), total };
}

/** A label on more resources than this is met so often that a page's worth is soon found by looking at one resource after the other. */
const RARE_MAX = 2_000;

function filter<TB extends keyof CcDatabase, Row>(
  query: SelectQueryBuilder<CcDatabase, TB, Row>,
  table: string,
  list: ListQuery,
  columns: Readonly<Record<string, string>>,
): SelectQueryBuilder<CcDatabase, TB, Row> {
  const column = (name: string): ReferenceExpression<CcDatabase, TB> =>
    sql.ref(`${table}.${name}`) as unknown as ReferenceExpression<CcDatabase, TB>;
  let filtered = query;
  if (list.guids !== null) filtered = filtered.where(column("guid"), "in", list.guids as never);
  for (const [name, ranges] of [
    ["created_at", list.createdAts],
    ["updated_at", list.updatedAts],
  ] as const) {
    if (ranges !== null)
      filtered = filtered.where((eb) => eb.or(ranges.map(inRange(`${table}.${columns[name] ?? name}`))) as never);
  }
  return filtered;
}

/**
 * Those that the label selector chooses. `oneByOne`: each resource is asked for its labels, which is right for the few that other conditions
 * leave; else those with the label are looked up first, and SQLite, which knows nothing of its tables' contents, is told so by the form.
 */
function labelled<TB extends keyof CcDatabase, Row>(
  query: SelectQueryBuilder<CcDatabase, TB, Row>,
  table: string,
  list: ListQuery,
  owner: string,
  oneByOne: boolean,
): SelectQueryBuilder<CcDatabase, TB, Row> {
  const guid = sql.ref(`${table}.guid`);
  let chosen = query;
  for (const { prefix, name, operator, values } of list.labels) {
    const key = sql`label.resource_type = ${owner} AND label.key_prefix = ${prefix} AND label.key_name = ${name}`;
    const anyOf = values.length === 0 ? sql`NULL` : sql.join(values);
    const matching = operator === "in" || operator === "notin" ? sql`${key} AND label.value IN (${anyOf})` : key;
    const guids = sql`SELECT label.resource_guid FROM labels AS label WHERE ${matching}`;
    const condition =
      operator === "notin" || operator === "not-exists"
        ? sql<boolean>`${guid} NOT IN (${guids})`
        : oneByOne
          ? sql<boolean>`EXISTS (SELECT 1 FROM labels AS label WHERE label.resource_guid = ${guid} AND ${matching})`
          : sql<boolean>`${guid} IN (${guids})`;
    chosen = chosen.where(condition);
  }
  return chosen;
}

function inRange(column: string) {
  return ([from, to]: TimeRange) => sql<boolean>`${sql.ref(column)} BETWEEN ${from} AND ${to}`;
}

/** The document of a list. CC: presenters/v3/paginated_list_presenter.rb */
export function presentPage(
  links: Links,
  path: string,
  list: ListQuery,
  total: number,
  resources: readonly object[],
): { pagination: object; resources: readonly object[] } {
  const lastPage = Math.max(1, Math.ceil(total / list.perPage));
  const at = (page: number) => links.to(`${path}?${pageQuery(list, page)}`);
  return {
    pagination: {
      total_results: total,
      total_pages: lastPage,
      first: at(1),
      last: at(lastPage),
      next: list.page < lastPage ? at(list.page + 1) : null,
      previous: list.page > 1 ? at(list.page - 1) : null,
    },
    resources,
  };
}

/** Filters, order and paging, sorted by name as Rails' `to_query` does. */
function pageQuery(list: ListQuery, page: number): string {
  const { page: _page, per_page: _perPage, order_by: _orderBy, ...filters } = list.given as Query;
  const pairs = new Map<string, string>([
    ["page", String(page)],
    ["per_page", String(list.perPage)],
  ]);
  if (list.orderBy !== null) pairs.set("order_by", `${list.descending ? "-" : "+"}${list.orderBy}`);
  for (const [name, value] of Object.entries(filters)) {
    if (typeof value === "string") pairs.set(name, value);
    else for (const [inner, text] of Object.entries(value)) pairs.set(`${name}[${inner}]`, text);
  }
  return [...pairs]
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join("&");
}

function encode(text: string): string {
  return encodeURIComponent(text).replaceAll("%20", "+");
}
