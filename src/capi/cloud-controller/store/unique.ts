/** SQLite's refusal of a second equal value, on any of `columns` (`organizations.name`). */
export function isUniqueViolation(error: unknown, ...columns: readonly string[]): boolean {
  if (!(error instanceof Error) || !error.message.startsWith("UNIQUE constraint failed:")) return false;
  return columns.length === 0 || columns.some((column) => error.message.includes(column));
}
