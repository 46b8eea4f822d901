import { type Kysely, sql } from "kysely";
import type { UaaTables } from "./schema.ts";
import type { ScimFilter } from "./scim-filter.ts";
import { type ScimColumn, scimFilterSql, sortColumnOf } from "./scim-filter-sql.ts";

export interface PageRequest {
  /** From 0. */
  readonly offset: number;
  readonly limit: number;
  readonly sortBy: string;
  readonly ascending: boolean;
}

export interface Page<T> {
  readonly items: T[];
  readonly total: number;
}

/**
 * Of the rows that fit a filter a page, and how many they are. Throws `ScimFilterError` for an attribute that is not among
 * the columns.
 */
export async function scimPage<T extends "users" | "groups">(
  db: Kysely<UaaTables>,
  table: T,
  columns: ReadonlyMap<string, ScimColumn>,
  filter: ScimFilter,
  page: PageRequest,
): Promise<Page<UaaTables[T]>> {
  const condition = scimFilterSql(filter, columns);
  const sortColumn = sql.ref(sortColumnOf(page.sortBy, columns));
  const direction = page.ascending ? sql`ASC NULLS FIRST` : sql`DESC NULLS LAST`;
  const counted = await sql<{ total: number }>`
    SELECT count(*) AS total FROM ${sql.table(table)} WHERE ${condition}`.execute(db);
  const { rows } = await sql<UaaTables[T]>`
    SELECT * FROM ${sql.table(table)} WHERE ${condition}
    ORDER BY ${sortColumn} ${direction}, id LIMIT ${page.limit} OFFSET ${page.offset}`.execute(db);
  return { items: rows, total: counted.rows[0]!.total };
}
