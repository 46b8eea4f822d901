import { z } from "zod";
import { check, metadata, relationships, toOneRequired } from "../../validation.ts";
import { inspected } from "./ruby-inspect.ts";

interface Credentials {
  readonly username: string;
  readonly password: string;
}

function nameTexts(value: unknown): string[] {
  if (typeof value !== "string") return ["must be a string"];
  return value === "" ? ["must not be empty string"] : [];
}

function urlTexts(value: unknown): string[] {
  const texts = typeof value === "string" ? [] : ["must be a string"];
  const url = typeof value === "string" && /^https?:\/\/[^\s]+$/i.test(value) ? URL.parse(value) : null;
  if (url === null) return [...texts, `'${value ?? ""}' must be a valid url`];
  return url.username === "" && url.password === "" ? texts : [...texts, "must not contain authentication"];
}

function authenticationTexts(value: unknown): string[] {
  if (!isObject(value)) return ["must be an object"];
  const { type, credentials, ...rest } = value;
  const texts: string[] = [];
  const unknown = Object.keys(rest);
  if (unknown.length > 0) texts.push(`Unknown field(s): '${unknown.join("', '")}'`);
  if (type !== "basic") texts.push('authentication.type must be one of ["basic"]');
  if (!isObject(credentials)) return [...texts, "must be an object"];
  return [...texts, ...credentialTexts(credentials)];
}

/** CC: messages/basic_credentials_message.rb */
function credentialTexts({ username, password, ...rest }: Readonly<Record<string, unknown>>): string[] {
  const fields: string[] = [];
  const texts: string[] = [];
  const unknown = Object.keys(rest);
  if (unknown.length > 0) {
    fields.push("base");
    texts.push(`Unknown field(s): '${unknown.join("', '")}'`);
  }
  for (const [field, value] of Object.entries({ username, password })) {
    const label = field === "username" ? "Username" : "Password";
    const wrong = [
      ...(typeof value === "string" ? [] : [`${label} must be a string`]),
      ...(value === undefined || value === null || (typeof value === "string" && value.trim() === "")
        ? [`${label} can't be blank`]
        : []),
    ];
    if (wrong.length > 0) fields.push(field);
    texts.push(...wrong);
  }
  return texts.length === 0 ? [] : [`Field(s) ${inspected(fields)} must be valid: ${inspected(texts)}`];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function credentialsOf(value: unknown): Credentials {
  return (value as { readonly credentials: Credentials }).credentials;
}

/** Null changes nothing. */
function unlessNull(texts: (value: unknown) => string[]): (value: unknown) => string[] {
  return (value) => (value === undefined || value === null ? [] : texts(value));
}

/** The body with null for what it lacks, so that missing fields are checked as CC checks them. */
export function withMissing(body: unknown, ...fields: readonly string[]): unknown {
  return isObject(body) ? { ...Object.fromEntries(fields.map((field) => [field, null])), ...body } : body;
}

/** CC: messages/service_broker_create_message.rb */
export const BROKER_CREATE = z.strictObject({
  name: z.unknown().superRefine(check(nameTexts)).transform(String),
  url: z.unknown().superRefine(check(urlTexts)).transform(String),
  authentication: z.unknown().superRefine(check(authenticationTexts)).transform(credentialsOf),
  relationships: relationships({ space: toOneRequired("space") }).optional(),
  metadata: metadata(),
});

const optionalText = (value: unknown): string | null => (typeof value === "string" ? value : null);

/** CC: messages/service_broker_update_message.rb */
export const BROKER_UPDATE = z.strictObject({
  name: z
    .unknown()
    .superRefine(check(unlessNull(nameTexts)))
    .transform(optionalText),
  url: z
    .unknown()
    .superRefine(check(unlessNull(urlTexts)))
    .transform(optionalText),
  authentication: z
    .unknown()
    .superRefine(check(unlessNull(authenticationTexts)))
    .transform((value) => (value === undefined || value === null ? null : credentialsOf(value))),
  metadata: metadata(),
});
