import type { ColumnUpdateNode, KyselyPlugin, OperationNode, RootOperationNode } from "kysely";
import type { Seal } from "./seal.ts";

/** By table. */
export type SealedColumnNames = Readonly<Record<string, readonly string[]>>;

/** What holds no secret stays as it is, and cheap to read. */
const EMPTY = new Set(["", "{}", "[]", "null"]);

/**
 * Makes queries seal the texts that they write into these columns, and unseal what they read. Sealed columns cannot be compared or
 * searched by SQL.
 */
export class SealedColumns implements KyselyPlugin {
  readonly #columns: ReadonlyMap<string, ReadonlySet<string>>;
  readonly #seal: Seal;

  constructor(columns: SealedColumnNames, seal: Seal) {
    this.#columns = new Map(Object.entries(columns).map(([table, names]) => [table, new Set(names)]));
    this.#seal = seal;
  }

  transformQuery({ node }: { readonly node: RootOperationNode }): RootOperationNode {
    if (node.kind === "InsertQueryNode") {
      const columns = this.#columns.get(tableName(node.into));
      const { values } = node;
      if (columns === undefined || node.columns === undefined || values === undefined) return node;
      const sealedAt = node.columns.map(({ column }) => columns.has(column.name));
      if (values.kind !== "ValuesNode" || !sealedAt.includes(true)) return node;
      const rows = (values as unknown as { values: readonly Row[] }).values.map((row) =>
        this.#sealedRow(row, sealedAt),
      );
      const { onConflict } = node;
      const updates = onConflict?.updates?.map((update) => this.#sealedUpdate(update, columns));
      return {
        ...node,
        values: { ...values, values: rows } as OperationNode,
        ...(onConflict === undefined || updates === undefined ? {} : { onConflict: { ...onConflict, updates } }),
      };
    }
    if (node.kind === "UpdateQueryNode") {
      const columns = this.#columns.get(tableName(node.table));
      if (columns === undefined || node.updates === undefined) return node;
      return { ...node, updates: node.updates.map((update) => this.#sealedUpdate(update, columns)) };
    }
    return node;
  }

  async transformResult<R>({ result }: { readonly result: { readonly rows: R[] } }): Promise<never> {
    for (const row of result.rows as Record<string, unknown>[]) {
      for (const name in row) {
        const value = row[name];
        if (typeof value === "string" && value.startsWith("sealed:")) row[name] = this.#seal.unseal(value);
      }
    }
    return result as never;
  }

  #sealedRow(row: Row, sealedAt: readonly boolean[]): Row {
    const values = row.values.map((value, at) => (sealedAt[at] === true ? this.#sealedValue(value) : value));
    return { ...row, values };
  }

  #sealedUpdate(update: ColumnUpdateNode, columns: ReadonlySet<string>): ColumnUpdateNode {
    const { column } = update.column as unknown as { column: { name: string } };
    return columns.has(column.name) ? { ...update, value: this.#sealedValue(update.value) as OperationNode } : update;
  }

  /** A text, or a node around one; everything else stays. */
  #sealedValue(value: unknown): unknown {
    if (typeof value === "string") return EMPTY.has(value) ? value : this.#seal.seal(value);
    const node = value as { readonly kind?: string; readonly value?: unknown } | null;
    return node?.kind === "ValueNode" ? { ...node, value: this.#sealedValue(node.value) } : value;
  }
}

/** A row of an insert: `PrimitiveValueListNode` or `ValueListNode`. */
interface Row {
  readonly values: readonly unknown[];
}

/** "" for what is no plain table. */
function tableName(node: OperationNode | undefined): string {
  const table = node?.kind === "AliasNode" ? (node as unknown as { node: OperationNode }).node : node;
  if (table?.kind !== "TableNode") return "";
  return (table as unknown as { table: { identifier: { name: string } } }).table.identifier.name;
}
