import { z } from "zod";
import { check, full } from "./validation.ts";

/** What is wrong with environment variables whose values are text or null (deletes). CC: messages/validators.rb, EnvironmentVariablesStringValuesValidator */
export function environmentVariableTexts(value: unknown): string[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return ["must be an object"];
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]) => {
    const text = environmentKeyText(key);
    if (text !== null) return [text];
    if (inner === null || typeof inner === "string") return [];
    return [full(`Non-string value in environment variable for key '${key}', value '${JSON.stringify(inner)}'`)];
  });
}

/** What is wrong with a variable's name; null when nothing is. */
export function environmentKeyText(key: string): string | null {
  if (key === "") return "key must be a minimum length of 1";
  if (/^VCAP_/i.test(key)) return "cannot start with VCAP_";
  if (/^VMC/i.test(key)) return "cannot start with VMC_";
  return /^PORT$/i.test(key) ? "cannot set PORT" : null;
}

/** The body `{ var: { NAME: "value" | null } }`. CC: messages/update_environment_variables_message.rb */
export const ENVIRONMENT_VARIABLES_UPDATE = z
  .strictObject({ var: z.unknown().superRefine(check<unknown>(environmentVariableTexts)) })
  .transform((body) => body.var as Readonly<Record<string, string | null>>);

/** Sets and, for null, takes away. */
export function mergeEnvironment(
  current: Readonly<Record<string, string>>,
  change: Readonly<Record<string, string | null>>,
): Record<string, string> {
  const merged = Object.entries({ ...current, ...change }).filter(
    (entry): entry is [string, string] => entry[1] !== null,
  );
  return Object.fromEntries(merged);
}
