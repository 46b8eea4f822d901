import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import type { Input } from "./args.ts";
import { bytesPerSecond, megabytes } from "./bytes.ts";
import { UsageError } from "./errors.ts";

/** One of a few words. Throws `UsageError`. */
export function choice<T extends string>(input: Input, name: string, allowed: readonly T[], fallback: T): T {
  const given = input.text(name);
  if (given === undefined) return fallback;
  const found = allowed.find((word) => word === given);
  if (found !== undefined) return found;
  const words = `${allowed.slice(0, -1).join(", ")} or ${allowed.at(-1)}`;
  throw new UsageError(
    `Incorrect Usage: Invalid value \`${given}' for option \`--${name}'. Allowed values are: ${words}`,
  );
}

/** A whole number; undefined without the flag. Throws `UsageError`, also for what `form` does not allow. */
export function integer(input: Input, name: string, form = /^-?\d+$/): number | undefined {
  const text = input.text(name);
  if (text === undefined) return undefined;
  if (!form.test(text)) {
    throw new UsageError(`Incorrect Usage: invalid argument for flag \`--${name}' (expected int)`);
  }
  return Number(text);
}

/** The number of a port; undefined without the flag. Throws `UsageError`. */
export function portNumber(input: Input, name: string): number | undefined {
  return integer(input, name, /^\d{1,5}$/);
}

/** A whole number from 1 on; undefined without the flag. Throws `UsageError`. cli: command/flag/positive_integer.go */
export function positiveInteger(input: Input, name: string): number | undefined {
  const given = integer(input, name);
  if (given !== undefined && given < 1) {
    throw new UsageError("Incorrect Usage: Value must be greater than or equal to 1.");
  }
  return given;
}

/** The integer that an argument must be, e.g. a task's number. Throws `UsageError`. */
export function integerArgument(input: Input, index: number, name: string): number {
  const text = input.arg(index);
  if (!/^-?\d+$/.test(text)) throw new UsageError(`Incorrect usage: Value for ${name} must be integer`);
  return Number(text);
}

/** A limit: null is none (`-1`), undefined not given. Throws `UsageError`. cli: command/flag/integer_limit.go */
export function countLimit(input: Input, name: string): number | null | undefined {
  const text = input.text(name);
  if (text === undefined || text === "") return undefined;
  if (!/^(-1|\d+)$/.test(text)) {
    throw new UsageError("Incorrect Usage: invalid integer limit (expected int >= -1)");
  }
  return text === "-1" ? null : Number(text);
}

/** Megabytes; null is no limit (`-1`), undefined not given. Throws `UsageError`. */
export function memoryLimit(input: Input, name: string): number | null | undefined {
  const text = input.text(name);
  if (text === undefined || text === "") return undefined;
  return text === "-1" ? null : megabytes(text);
}

/** Bytes per second; null is no limit (`-1`), undefined not given. Throws `UsageError`. */
export function logVolumeLimit(input: Input, name: string): number | null | undefined {
  const text = input.text(name);
  if (text === undefined || text === "") return undefined;
  const bytes = bytesPerSecond(text);
  return bytes === -1 ? null : bytes;
}

/** An absolute path that is there. Throws `UsageError`. */
export async function existing(cwd: string, given: string): Promise<string> {
  const path = resolve(cwd, given);
  if ((await stat(path).catch(() => null)) === null) {
    throw new UsageError(`Incorrect Usage: The specified path '${given}' does not exist.`);
  }
  return path;
}
