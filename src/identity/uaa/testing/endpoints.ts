import { join } from "node:path";
import { readTable } from "../../../kit/testing/table.ts";

export type Who = "open" | "session" | "client" | "any" | "scope" | "admin" | "manager";

/** A line of `endpoints.tsv`, which says what the words mean. */
export interface UaaEndpoint {
  readonly method: string;
  readonly path: string;
  /** When it works. */
  readonly status: number;
  readonly who: Who;
  /** Of which one is enough; for `client` its authority, if it needs one. */
  readonly scopes: readonly string[];
  readonly self: boolean;
  readonly user: boolean;
  readonly orToken: boolean;
}

const WORDS: ReadonlySet<string> = new Set(["self", "user", "or-token"]);

export function readEndpoints(): UaaEndpoint[] {
  return readTable(join(import.meta.dirname, "endpoints.tsv")).map(
    ([method = "", path = "", status = "", access = ""]) => {
      const [who = "", ...words] = access.split(" ");
      return {
        method,
        path,
        status: Number(status),
        who: who as Who,
        scopes: words.filter((word) => !WORDS.has(word)),
        self: words.includes("self"),
        user: words.includes("user"),
        orToken: words.includes("or-token"),
      };
    },
  );
}

/** Whether somebody with this one scope may. */
export function isAllowed({ who, scopes }: UaaEndpoint, scope: string): boolean {
  if (who === "any" || scopes.includes(scope)) return true;
  if (scope === "uaa.admin") return who === "admin" || who === "manager";
  return scope === "zones.uaa.admin" && who === "manager";
}
