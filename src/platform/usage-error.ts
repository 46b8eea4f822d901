/** The user asked for something that cannot be; the text is for the terminal, the exit code 2. */
export class UsageError extends Error {}
