import { IncorrectUsage, UsageError } from "./errors.ts";

export interface FlagSpec {
  readonly short?: string;
  readonly long?: string;
  /** `flag`: no value; `value`: one, the last counts; `list`: may be given several times. */
  readonly kind: "flag" | "value" | "list";
  readonly about: string;
  /** Without it the command does not begin. */
  readonly required?: boolean;
  /** Read, but no longer told of. */
  readonly hidden?: boolean;
}

export interface ArgumentSpec {
  readonly name: string;
  readonly optional?: boolean;
  /** The last one may take several words, at least one. */
  readonly many?: boolean;
}

/** Flags and arguments of one call. */
export class Input {
  readonly #values: ReadonlyMap<string, readonly string[]>;
  readonly #args: readonly string[];

  constructor(values: ReadonlyMap<string, readonly string[]>, args: readonly string[]) {
    this.#values = values;
    this.#args = args;
  }

  has(flag: string): boolean {
    return this.#values.has(flag);
  }

  /** The last value of a flag, by its long name if it has one. */
  text(flag: string): string | undefined {
    return this.#values.get(flag)?.at(-1);
  }

  list(flag: string): readonly string[] {
    return this.#values.get(flag) ?? [];
  }

  /** A required argument, by place. */
  arg(index: number): string {
    return this.#args[index]!;
  }

  optional(index: number): string | undefined {
    return this.#args[index];
  }

  /** This argument and all after it. */
  from(index: number): readonly string[] {
    return this.#args.slice(index);
  }
}

/** The name under which `Input` keeps a flag. */
export function flagKey(flag: FlagSpec): string {
  return flag.long ?? flag.short!;
}

/**
 * Reads arguments as the official command line does (go-flags): `-f x`, `-fx`, `-f=x`, `--flag x`, `--flag=x`, `-fr` for
 * two flags, `--` ends flags. Throws `UsageError`. `literal`: from the third argument on nothing is a flag (set-env).
 */
export function parseArguments(
  argv: readonly string[],
  flags: readonly FlagSpec[],
  specs: readonly ArgumentSpec[],
  literalFrom = Number.POSITIVE_INFINITY,
): Input {
  const values = new Map<string, string[]>();
  const args: string[] = [];
  const add = (flag: FlagSpec, value: string): void => {
    const key = flagKey(flag);
    values.set(key, [...(values.get(key) ?? []), value]);
  };
  let onlyArgs = false;
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index]!;
    if (onlyArgs || args.length >= literalFrom || word === "-" || !word.startsWith("-")) {
      args.push(word);
    } else if (word === "--") {
      onlyArgs = true;
    } else if (word.startsWith("--")) {
      const equals = word.indexOf("=");
      const name = equals < 0 ? word.slice(2) : word.slice(2, equals);
      const flag = flags.find((candidate) => candidate.long === name);
      if (flag === undefined) throw new UsageError(`Incorrect Usage: unknown flag \`${name}'`);
      if (flag.kind === "flag") {
        if (equals >= 0) throw new UsageError(`Incorrect Usage: bool flag \`${shown(flag)}' cannot have an argument`);
        add(flag, "true");
      } else {
        add(flag, equals < 0 ? nextValue(argv, ++index, flag, flags) : word.slice(equals + 1));
      }
    } else {
      index = readShort(argv, index, flags, add);
    }
  }
  const missing = flags.filter((flag) => flag.required === true && !values.has(flagKey(flag)));
  if (missing.length > 0) {
    const names = enumerated(missing.map((flag) => `\`${shown(flag)}'`));
    const were = missing.length === 1 ? "flag" : "flags";
    throw new UsageError(
      `Incorrect Usage: the required ${were} ${names} ${missing.length === 1 ? "was" : "were"} not specified`,
    );
  }
  requireArguments(args, specs);
  return new Input(values, args);
}

function requireArguments(args: readonly string[], specs: readonly ArgumentSpec[]): void {
  const required = specs.filter((spec) => !spec.optional).length;
  if (args.length < required) {
    const missing = specs
      .slice(args.length, required)
      .map((spec) => `\`${spec.name}${spec.many ? " (at least 1 argument)" : ""}\``);
    const were = missing.length === 1 ? "argument" : "arguments";
    const was = missing.length === 1 ? "was" : "were";
    throw new UsageError(`Incorrect Usage: the required ${were} ${enumerated(missing)} ${was} not provided`);
  }
  if (args.length > specs.length && specs.at(-1)?.many !== true) {
    throw new IncorrectUsage(`unexpected argument "${args[specs.length]}"`);
  }
}

/** `a`, `a and b`, `a, b and c` */
function enumerated(names: readonly string[]): string {
  return names.length === 1 ? names[0]! : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

function readShort(
  argv: readonly string[],
  start: number,
  flags: readonly FlagSpec[],
  add: (flag: FlagSpec, value: string) => void,
): number {
  const word = argv[start]!;
  for (let at = 1; at < word.length; at++) {
    const flag = flags.find((candidate) => candidate.short === word[at]);
    if (flag === undefined) throw new UsageError(`Incorrect Usage: unknown flag \`${word[at]}'`);
    if (flag.kind === "flag") {
      add(flag, "true");
      continue;
    }
    const rest = word.slice(at + 1);
    if (rest !== "") {
      add(flag, rest.startsWith("=") ? rest.slice(1) : rest);
      return start;
    }
    add(flag, nextValue(argv, start + 1, flag, flags));
    return start + 1;
  }
  return start;
}

function nextValue(argv: readonly string[], index: number, flag: FlagSpec, flags: readonly FlagSpec[]): string {
  const value = argv[index];
  if (value === undefined) throw new UsageError(`Incorrect Usage: expected argument for flag \`${shown(flag)}'`);
  // A forgotten value must not swallow the next flag; a value such as -1 may look like one.
  const isFlag = flags.some((other) => value === `--${other.long}` || value === `-${other.short}`);
  if (isFlag || /^--\w/.test(value)) {
    throw new UsageError(`Incorrect Usage: expected argument for flag \`${shown(flag)}', but got option \`${value}'`);
  }
  return value;
}

function shown(flag: FlagSpec): string {
  return [flag.short === undefined ? "" : `-${flag.short}`, flag.long === undefined ? "" : `--${flag.long}`]
    .filter((name) => name !== "")
    .join(", ");
}
