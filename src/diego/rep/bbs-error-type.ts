/** The BBS's own word for what went wrong (`ResourceNotFound` …); null when it gave no answer at all. */
export function bbsErrorType(error: unknown): string | null {
  const type = (error as { readonly type?: unknown } | null)?.type;
  return typeof type === "string" ? type : null;
}
