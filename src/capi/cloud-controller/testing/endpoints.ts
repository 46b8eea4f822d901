import { join } from "node:path";
import { readTable } from "../../../kit/testing/table.ts";

/** Who asks, in the order of the table's columns. */
export const ROLES = [
  "admin",
  "admin_read_only",
  "global_auditor",
  "organization_manager",
  "organization_auditor",
  "organization_billing_manager",
  "organization_user",
  "space_manager",
  "space_developer",
  "space_auditor",
  "space_supporter",
  "nobody",
] as const;
export type TableRole = (typeof ROLES)[number];

/** `shown` and `left out` are lists' outcomes. */
export type Outcome = "works" | "left out" | 403 | 404 | 422;

export interface Endpoint {
  readonly method: string;
  /** With `:guid` and, for a second thing, its kind: `:organization`. */
  readonly path: string;
  /** When it works. */
  readonly status: number;
  /** Null: open to everybody, without a token. */
  readonly outcomes: Readonly<Record<TableRole, Outcome>> | null;
  /** Whoever brings no token is answered like nobody. */
  readonly open: boolean;
}

const SIGNS: Readonly<Record<string, Outcome>> = { "+": "works", "-": "left out", 2: 422, 3: 403, 4: 404 };

/** The table of endpoints, `endpoints.tsv` beside this file. */
export function readEndpoints(): Endpoint[] {
  return readTable(join(import.meta.dirname, "endpoints.tsv")).map(
    ([method = "", path = "", status = "", signs = ""]) => ({
      method,
      path,
      status: Number(status),
      outcomes: signs === "public" ? null : readOutcomes(`${method} ${path}`, signs.replace("o", "")),
      open: signs.endsWith("o"),
    }),
  );
}

function readOutcomes(endpoint: string, signs: string): Record<TableRole, Outcome> {
  if (signs.length !== ROLES.length) throw new Error(`a sign for each role, please: ${endpoint}`);
  return Object.fromEntries(
    ROLES.map((role, at) => {
      const outcome = SIGNS[signs[at]!];
      if (outcome === undefined) throw new Error(`no such sign: ${endpoint}`);
      return [role, outcome];
    }),
  ) as Record<TableRole, Outcome>;
}
