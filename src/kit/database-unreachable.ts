/** The database is gone or does not answer; what was asked may be asked again later. */
export class DatabaseUnreachableError extends Error {}
