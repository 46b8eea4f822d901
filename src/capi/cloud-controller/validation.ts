import { z } from "zod";
import { unprocessable } from "./errors.ts";
import { labelValueError, metadataKeyError } from "./metadata-key.ts";

/**
 * Request bodies as zod objects. CC's texts are "<Attribute> <what is wrong>" (`Name can't be blank`), joined by ", ": the attribute
 * comes from the path, the rest from the issue, so plain zod schemas give CC's words. `full()` makes a message that stands alone.
 *
 *   const body = parseBody(z.strictObject({ name: name(), metadata: metadata() }), request.body);
 */
export function parseBody<T extends z.ZodType>(schema: T, body: unknown): z.output<T> {
  const result = schema.safeParse(body, { reportInput: true });
  if (result.success) return result.data;
  throw unprocessable(...validationTexts(result.error));
}

/** The details of a failed validation: unknown fields of the body first, then attribute by attribute, its unknown fields first. */
export function validationTexts(error: z.ZodError): string[] {
  const attributes = [...new Set(error.issues.map((issue) => issue.path[0] ?? ""))];
  const rank = (issue: Issue): number => {
    const unknown = issue.code === "unrecognized_keys";
    if (unknown && issue.path.length === 0) return -1;
    return attributes.indexOf(issue.path[0] ?? "") * 2 + (unknown ? 0 : 1);
  };
  const sorted = [...error.issues].sort((a, b) => rank(a) - rank(b));
  return [...new Set(sorted.flatMap(issueTexts))];
}

type Issue = z.core.$ZodIssue;

function issueTexts(issue: Issue): string[] {
  const attribute = issue.path.map((part) => humanize(String(part))).join(" ");
  const prefix = attribute === "" ? "" : `${attribute} `;
  if (issue.message.startsWith(FULL)) return [issue.message.slice(FULL.length)];
  if (issue.message.startsWith(OWN)) return [`${prefix}${issue.message.slice(OWN.length)}`];
  switch (issue.code) {
    case "unrecognized_keys":
      return [`${prefix}Unknown field(s): '${issue.keys.join("', '")}'`];
    case "invalid_type":
      return [`${prefix}${typeText(issue.expected, issue.input)}`];
    case "too_small":
      if (issue.origin === "string") {
        return [`${prefix}is too short (minimum is ${issue.minimum} ${characters(Number(issue.minimum))})`];
      }
      return [`${prefix}must be greater than ${issue.inclusive ? "or equal to " : ""}${issue.minimum}`];
    case "too_big":
      if (issue.origin === "string") {
        return [`${prefix}is too long (maximum is ${issue.maximum} ${characters(Number(issue.maximum))})`];
      }
      return [`${prefix}must be less than ${issue.inclusive ? "or equal to " : ""}${issue.maximum}`];
    case "invalid_union":
      return issue.errors[0] === undefined
        ? [`${prefix}is invalid`]
        : issue.errors[0].flatMap((inner) => issueTexts({ ...inner, path: [...issue.path, ...inner.path] }));
    default:
      return [`${prefix}is invalid`];
  }
}

function typeText(expected: string, input: unknown): string {
  if (input === undefined && (expected === "string" || expected === "nonoptional")) return "can't be blank";
  if (expected === "int" || (expected === "number" && typeof input === "number")) return "must be an integer";
  if (expected === "number") return "is not a number";
  const article = /^[aeiou]/.test(expected) ? "an" : "a";
  return `must be ${article} ${expected === "record" ? "object" : expected}`.replace("a object", "an object");
}

function characters(count: number): string {
  return count === 1 ? "character" : "characters";
}

/** `health_check_type` → `Health check type`. Rails: String#humanize */
export function humanize(attribute: string): string {
  const words = attribute.replace(/_id$/, "").replaceAll("_", " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1).toLowerCase();
}

const FULL = "\u0000full:";
const OWN = "\u0000own:";

/** A message that is shown as it stands. */
export function full(message: string): string {
  return FULL + message;
}

/** A message that follows the attribute's name. */
export function own(message: string): string {
  return OWN + message;
}

/** Any number of CC's messages for one value. */
export function check<T>(messages: (value: T) => readonly string[]): (value: T, ctx: z.core.$RefinementCtx<T>) => void {
  return (value, ctx) => {
    for (const message of messages(value)) {
      ctx.addIssue({
        code: "custom",
        message: /^\u0000(full|own):/.test(message) ? message : own(message),
        input: value,
      });
    }
  };
}

/** A whole number, or its digits in a string: Rails' numericality takes both, and clients send both. */
export function whole(limits: (number: z.ZodNumber) => z.ZodNumber) {
  const number = z.number({ error: own("is not a number") }).int({ error: own("must be an integer") });
  return z.preprocess(numberOf, limits(number));
}

/** The number that a string shows; anything else stays. */
export function numberOf(value: unknown): unknown {
  const shown = typeof value === "string" && /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value);
  return shown ? Number(value) : value;
}

/** Organization and space names: no escapes. CC: ORG_NAME_REGEX */
export function hasOnlyPrintable(value: string): boolean {
  return /^[\p{L}\p{N}\p{P}\p{S}\p{M}\p{Zs}]+$/u.test(value);
}

/** `{ data: { guid } }`, or `{ data: null }`; gives the guid. */
export function toOne(attribute: string) {
  const shape = own(`must be structured like this: "${attribute}: {"data": {"guid": "valid-guid"}}"`);
  return z
    .strictObject({ data: z.strictObject({ guid: z.unknown() }, { error: shape }).nullable() }, { error: shape })
    .superRefine((value, ctx) => {
      if (value.data === null) return;
      const guid = value.data.guid;
      const valid = typeof guid === "string" && guid.length >= 1 && guid.length <= 200;
      if (!valid) ctx.addIssue({ code: "custom", message: full(guidText(attribute, guid)), input: value });
    })
    .transform((value) => (value.data === null ? null : String(value.data.guid)));
}

function guidText(attribute: string, guid: unknown): string {
  const name = `${humanize(attribute)} guid`;
  return typeof guid === "string"
    ? `${name} must be between 1 and 200 characters`
    : `${name} must be a string, ${name} must be between 1 and 200 characters`;
}

/** A required one: gives a guid. Missing: `Relationships Space can't be blank, Relationships Space must be structured …`. */
export function toOneRequired(attribute: string) {
  const shape = `must be structured like this: "${attribute}: {"data": {"guid": "valid-guid"}}"`;
  return z
    .unknown()
    .superRefine((value, ctx) => {
      if (value === undefined || value === null) {
        ctx.addIssue({ code: "custom", message: own("can't be blank"), input: value });
      }
      const parsed = toOne(attribute).safeParse(value);
      if (!parsed.success)
        for (const issue of parsed.error.issues) ctx.addIssue({ code: "custom", message: issue.message, input: value });
      else if (parsed.data === null) ctx.addIssue({ code: "custom", message: own(shape), input: value });
    })
    .transform((value) => (value as { data: { guid: string } }).data.guid);
}

/** `{ data: [{ guid }] }`; gives the guids. */
export function toMany(attribute: string) {
  const shape = own(
    `must be structured like this: "${attribute}: {"data": [{"guid": "valid-guid"},{"guid": "valid-guid"}]}"`,
  );
  const item = z.strictObject(
    {
      guid: z
        .string({ error: own("must be a string") })
        .min(1)
        .max(200),
    },
    { error: shape },
  );
  return z
    .object({ data: z.array(item, { error: shape }) }, { error: shape })
    .transform((value) => value.data.map(({ guid }) => guid));
}

/** `relationships`: an object with at least one entry. */
export function relationships<T extends z.core.$ZodShape>(shape: T) {
  return z
    .unknown()
    .superRefine(
      check<unknown>((value) => {
        if (!isObject(value)) return [full("Relationships 'relationships' is not an object")];
        if (Object.keys(value).length > 0) return [];
        return [full("Relationships 'relationships' must include one or more valid relationships")];
      }),
    )
    .pipe(z.strictObject(shape));
}

export interface MetadataChange {
  /** null deletes the key. */
  readonly labels?: Readonly<Record<string, string | null>>;
  readonly annotations?: Readonly<Record<string, string | null>>;
}

const ANNOTATION_MAX = 5000;

/** The optional `metadata` of a body. CC: messages/validators/metadata_validator.rb */
export function metadata() {
  return z
    .unknown()
    .superRefine(check<unknown>((value) => metadataTexts(value)))
    .transform((value): MetadataChange => textValues(value as Record<string, Record<string, unknown>>))
    .optional();
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function metadataTexts(value: unknown): string[] {
  if (value === undefined) return [];
  if (!isObject(value)) return ["must be an object"];
  const texts: string[] = [];
  const { labels, annotations, ...rest } = value;
  const unexpected = Object.keys(rest);
  if (unexpected.length > 0) {
    texts.push(`has unexpected field(s): ${unexpected.map((key) => `'${key}'`).join(" ")}`);
  }
  if (labels !== undefined && labels !== null) texts.push(...labelTexts(labels));
  if (annotations !== undefined && annotations !== null) texts.push(...annotationTexts(annotations));
  return texts;
}

function labelTexts(labels: unknown): string[] {
  if (!isObject(labels)) return ["'labels' is not an object"];
  return Object.entries(labels).flatMap(([key, value]) => {
    const keyError = metadataKeyError(key);
    const valueError = labelValueError(value === null ? "" : plain(value));
    return [
      ...(keyError === null ? [] : [`label key error: ${keyError}`]),
      ...(valueError === null ? [] : [`label value error: ${valueError}`]),
    ];
  });
}

function annotationTexts(annotations: unknown): string[] {
  if (!isObject(annotations)) return ["'annotations' is not an object"];
  return Object.entries(annotations).flatMap(([key, value]) => {
    const text = value === null ? "" : plain(value);
    const keyError = text === "" ? null : metadataKeyError(key);
    return [
      ...(keyError === null ? [] : [`annotation key error: ${keyError}`]),
      ...(text.length > ANNOTATION_MAX
        ? [`annotation value error: '${text.slice(0, 8)}...' is greater than ${ANNOTATION_MAX} characters`]
        : []),
    ];
  });
}

function plain(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function textValues(value: Record<string, Record<string, unknown> | undefined | null> | undefined): MetadataChange {
  const texts = (values: Record<string, unknown>): Record<string, string | null> =>
    Object.fromEntries(Object.entries(values).map(([key, entry]) => [key, entry === null ? null : plain(entry)]));
  return {
    ...(value?.["labels"] ? { labels: texts(value["labels"]) } : {}),
    ...(value?.["annotations"] ? { annotations: texts(value["annotations"]) } : {}),
  };
}
