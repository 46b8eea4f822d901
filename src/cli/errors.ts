/** Something the user is told in one text, followed by FAILED. */
export class CliError extends Error {
  readonly exitCode: number;
  constructor(message: string, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Wrong flags or arguments; the usage of the command is shown too. */
export class UsageError extends CliError {}

/** FAILED and the help of the command follow, as for a bad combination of flags. cli: ParseErr */
export class IncorrectUsage extends CliError {
  constructor(message: string, prefix = "Incorrect Usage: ") {
    super(prefix + message);
  }
}

export function argumentsCannotCombine(...args: readonly string[]): IncorrectUsage {
  return new IncorrectUsage(`The following arguments cannot be used together: ${args.join(", ")}`);
}

/** A named thing is not there. */
export class NotFound extends CliError {}

export function notFound(kind: string, name: string): NotFound {
  return new NotFound(`${kind} '${name}' not found.`);
}

export function isNotFound(error: unknown): error is NotFound {
  return error instanceof NotFound;
}

/** What a promise gives; null when it fails for a reason that is no failure to the caller. */
export async function orNull<T>(
  promise: Promise<T>,
  isReason: (error: unknown) => boolean = isNotFound,
): Promise<T | null> {
  try {
    return await promise;
  } catch (error) {
    if (isReason(error)) return null;
    throw error;
  }
}

/** No instance came up. */
export class AllInstancesCrashed extends CliError {
  constructor() {
    super("All instances crashed");
  }
}

/** Not up within CF_STARTUP_TIMEOUT. */
export class StartupTimeout extends CliError {
  constructor() {
    super("Start app timeout");
  }
}

/** Nothing that could be staged. */
export class NoEligiblePackages extends CliError {
  constructor(appName: string) {
    super(`App '${appName}' has no eligible packages.`);
  }
}

/** Node's words for a file that cannot be read or written, in those of the official one: `open PATH: no such file or directory`. */
export function fileErrorText(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const [, reason, call, path] = /^E[A-Z]+: (.*), (\w+) '(.*)'$/s.exec(text) ?? [];
  if (reason === undefined) return text;
  return `${call} ${path}: ${reason.replace("illegal operation on a directory", "is a directory")}`;
}

/** The same failure with the advice that the official command line gives about an app. */
export function explainStartFailure(error: unknown, appName: string): unknown {
  const more = `'cf logs ${appName} --recent' for more information`;
  if (error instanceof AllInstancesCrashed) return new CliError(`Start unsuccessful\n\nTIP: use ${more}`);
  if (error instanceof StartupTimeout) {
    const tip =
      "TIP: Application must be listening on the right port. Instead of hard coding the port, use the $PORT environment variable.";
    return new CliError(`Start app timeout\n\n${tip}\n\nUse ${more}`);
  }
  if (error instanceof NoEligiblePackages) {
    return new CliError(
      `${error.message}\n\nTIP: Use 'cf packages ${appName}' to list packages in your app. Use 'cf create-package' to create one.`,
    );
  }
  return error;
}
