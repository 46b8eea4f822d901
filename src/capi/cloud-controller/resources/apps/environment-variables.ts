import { z } from "zod";
import { full, own } from "../../validation.ts";

/** What is wrong with the names of environment variables, in CC's words. CC: validators.rb, EnvironmentVariablesValidator */
export function environmentNameTexts(names: readonly string[]): string[] {
  return names.flatMap((name) => {
    if (name === "") return ["key must be a minimum length of 1"];
    if (/^VCAP_/i.test(name)) return ["cannot start with VCAP_"];
    if (/^VMC/i.test(name)) return ["cannot start with VMC_"];
    return /^PORT$/i.test(name) ? ["cannot set PORT"] : [];
  });
}

/** The value of a variable as the container gets it: text as it is, the rest as JSON. */
export function environmentText(value: unknown): string {
  return typeof value === "string" ? value : typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** `environment_variables` of a new app: any JSON values. */
export function environmentVariables() {
  return z
    .record(z.string(), z.unknown(), { error: own("must be an object") })
    .superRefine((variables, ctx) => {
      for (const message of environmentNameTexts(Object.keys(variables))) {
        ctx.addIssue({ code: "custom", message: own(message), input: variables });
      }
    })
    .nullish();
}

/** `{ var: { NAME: "value" | null } }`; null takes the variable away. CC: messages/update_environment_variables_message.rb */
export const ENVIRONMENT_CHANGE = z.strictObject({
  var: z
    .record(z.string(), z.unknown(), { error: own("must be an object") })
    .superRefine((variables, ctx) => {
      for (const [name, value] of Object.entries(variables)) {
        const [wrongName] = environmentNameTexts([name]);
        if (wrongName !== undefined) ctx.addIssue({ code: "custom", message: own(wrongName), input: variables });
        else if (typeof value !== "string" && value !== null) {
          const message = `Non-string value in environment variable for key '${name}', value '${JSON.stringify(value)}'`;
          ctx.addIssue({ code: "custom", message: full(message), input: variables });
        }
      }
    })
    .transform((variables) => variables as Record<string, string | null>),
});

/** Later values win; null takes a variable away. */
export function changeEnvironment(
  before: Readonly<Record<string, unknown>>,
  change: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  return Object.fromEntries(Object.entries({ ...before, ...change }).filter(([, value]) => value !== null));
}
