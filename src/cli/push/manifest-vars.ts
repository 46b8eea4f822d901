import { CliError } from "../errors.ts";

/** YAML as plain data. */
export type YamlValue = string | number | boolean | null | readonly YamlValue[] | { readonly [key: string]: YamlValue };
export type Variables = ReadonlyMap<string, YamlValue>;

const VARIABLE = /\(\((!?[-/.\w\p{L}]+)\)\)/gu;
const WHOLE = /^\(\((!?[-/.\w\p{L}]+)\)\)$/u;

/**
 * Puts variables in place of `((name))` and `((name.key))`, in keys too. A text that is nothing else becomes the
 * variable's value with its type; inside a longer text only texts and numbers may stand. Throws `CliError` with all
 * names that are missing. cli: bosh-cli director/template
 */
export function interpolate(value: YamlValue, variables: Variables): YamlValue {
  const missing = new Set<string>();
  const result = walk(value, variables, missing);
  if (missing.size > 0) {
    throw new CliError(`Expected to find variables: ${[...missing].sort().join(", ")}`);
  }
  return result;
}

function walk(value: YamlValue, variables: Variables, missing: Set<string>): YamlValue {
  if (typeof value === "string") return interpolateText(value, variables, missing);
  if (Array.isArray(value)) return value.map((item: YamlValue) => walk(item, variables, missing));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value as Readonly<Record<string, YamlValue>>).map(([key, inner]) => {
    const name = interpolateText(key, variables, missing);
    return [typeof name === "object" ? key : String(name), walk(inner, variables, missing)] as const;
  });
  return Object.fromEntries(entries);
}

function interpolateText(text: string, variables: Variables, missing: Set<string>): YamlValue {
  const whole = WHOLE.exec(text);
  if (whole !== null) {
    const found = lookUp(whole[1]!, variables);
    if (found === undefined) missing.add(baseName(whole[1]!));
    return found ?? text;
  }
  return text.replaceAll(VARIABLE, (match, name: string) => {
    const found = lookUp(name, variables);
    if (found === undefined) {
      missing.add(baseName(name));
      return match;
    }
    if (typeof found === "string" || typeof found === "number") return String(found);
    const kind = Array.isArray(found)
      ? "list"
      : found === null
        ? "null"
        : typeof found === "object"
          ? "map"
          : typeof found;
    throw new CliError(
      `Invalid type '${kind}' for value '${JSON.stringify(found)}' and variable '${name}'. Supported types for interpolation within a string are integers and strings.`,
    );
  });
}

/** Undefined: not there. A name with dots is looked for inside. */
function lookUp(name: string, variables: Variables): YamlValue | undefined {
  const plain = name.replace(/^!/, "");
  const exact = variables.get(plain);
  if (exact !== undefined) return exact;
  const [base = "", ...path] = plain.split(".");
  let value = variables.get(base);
  for (const key of path) {
    if (typeof value !== "object" || value === null || Array.isArray(value) || !Object.hasOwn(value, key))
      return undefined;
    value = (value as Readonly<Record<string, YamlValue>>)[key];
  }
  return value;
}

function baseName(name: string): string {
  return name.replace(/^!/, "").split(".")[0]!;
}
