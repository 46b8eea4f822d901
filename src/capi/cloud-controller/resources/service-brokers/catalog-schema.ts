import { type CatalogErrors, isObject, type Json } from "./catalog-errors.ts";

/** Bytes of one schema as JSON. CC: v2/schema.rb, MAX_SCHEMA_SIZE */
const SCHEMA_MAX = 65_536;
const DEPTH_MAX = 200;
/** The drafts that CC's validator knows. */
const META_SCHEMA = /^http:\/\/json-schema\.org\/(?:draft-0[1-6]\/)?schema#?$/;

/** The three schemas that a plan may have, as catalogs nest them. */
const PLACES = [
  ["service_instance", "create"],
  ["service_instance", "update"],
  ["service_binding", "create"],
] as const;

export interface PlanSchemas {
  readonly service_instance?: { readonly create?: { parameters: Json }; readonly update?: { parameters: Json } };
  readonly service_binding?: { readonly create?: { parameters: Json } };
}

/** What is wrong with a plan's schemas goes into `errors`, the good ones come back. CC: v2/catalog_schemas.rb, v2/parameters_schema.rb */
export function readSchemas(schemas: Json, errors: CatalogErrors): PlanSchemas {
  const kept: Record<string, Record<string, { parameters: Json }>> = {};
  const checked = new Set<string>();
  for (const [kind, action] of PLACES) {
    const ofKind = schemas[kind];
    if (ofKind === undefined || ofKind === null || ofKind === false) continue;
    if (!checked.has(kind)) errors.checkObject(`Schemas ${kind}`, ofKind);
    checked.add(kind);
    const ofAction = isObject(ofKind) ? ofKind[action] : null;
    if (ofAction === undefined || ofAction === null || ofAction === false) continue;
    errors.checkObject(`Schemas ${kind}.${action}`, ofAction);
    const parameters = isObject(ofAction) ? ofAction["parameters"] : null;
    if (parameters === undefined || parameters === null || parameters === false) continue;
    const path = `${kind}.${action}.parameters`;
    errors.checkObject(`Schemas ${path}`, parameters);
    if (!isObject(parameters)) continue;
    for (const text of schemaTexts(parameters)) errors.add(`Schema ${path} is not valid. ${text}`);
    kept[kind] = { ...kept[kind], [action]: { parameters } };
  }
  return kept;
}

/** Why an object is no schema that users' parameters can be held against; empty when it is one. CC: v2/schema.rb */
export function schemaTexts(schema: Json): readonly string[] {
  if (JSON.stringify(schema).length > SCHEMA_MAX) return ["Must not be larger than 64KB"];
  const meta = schema["$schema"];
  if (!meta) return ["Schema must have $schema key but was not present"];
  const mistakes = [...draft4Mistakes(schema, "#", 0)];
  if (mistakes.length > 0) {
    const conform = "Must conform to JSON Schema Draft 04 (experimental support for later versions): ";
    return mistakes.map((mistake) => `${conform}${mistake} in schema http://json-schema.org/draft-04/schema#`);
  }
  if (typeof meta !== "string" || !META_SCHEMA.test(meta)) return ["Custom meta schemas are not supported."];
  const foreign = foreignReference(schema, 0);
  return foreign === null ? [] : [`No external references are allowed: Read of URI at ${foreign} refused`];
}

const TYPE_NAMES = ["array", "boolean", "integer", "null", "number", "object", "string"];
/** Type that draft 4 wants of a keyword. */
const KEYWORD_TYPES: Readonly<Record<string, string>> = {
  id: "string",
  $schema: "string",
  title: "string",
  description: "string",
  multipleOf: "number",
  maximum: "number",
  minimum: "number",
  maxLength: "integer",
  minLength: "integer",
  pattern: "string",
  maxItems: "integer",
  minItems: "integer",
  uniqueItems: "boolean",
  maxProperties: "integer",
  minProperties: "integer",
  required: "array",
  definitions: "object",
  properties: "object",
  patternProperties: "object",
  dependencies: "object",
  enum: "array",
  allOf: "array",
  anyOf: "array",
  oneOf: "array",
  not: "object",
};
const MAPS_OF_SCHEMAS = ["definitions", "properties", "patternProperties"];
const LISTS_OF_SCHEMAS = ["allOf", "anyOf", "oneOf"];

/** Where a schema breaks draft 4, as far as types of keywords go. */
function* draft4Mistakes(schema: Json, path: string, depth: number): Generator<string> {
  if (depth > DEPTH_MAX) return yield `The property '${path}/' is nested too deep`;
  for (const [keyword, wanted] of Object.entries(KEYWORD_TYPES)) {
    const value = schema[keyword];
    if (value !== undefined && !isOfType(value, wanted)) {
      yield `The property '${path}/${keyword}' of type ${typeOf(value)} did not match the following type: ${wanted}`;
    }
  }
  const { type } = schema;
  const types = Array.isArray(type) ? (type as unknown[]) : [type];
  if (type !== undefined && (types.length === 0 || !types.every((name) => TYPE_NAMES.includes(String(name))))) {
    yield `The property '${path}/type' of type ${typeOf(type)} did not match one or more of the required schemas`;
  }
  for (const [keyword, value] of subSchemas(schema)) {
    const at = `${path}/${keyword}`;
    if (isObject(value)) yield* draft4Mistakes(value, at, depth + 1);
    else yield `The property '${at}' of type ${typeOf(value)} did not match the following type: object`;
  }
}

function* subSchemas(schema: Json): Generator<readonly [string, unknown]> {
  for (const keyword of MAPS_OF_SCHEMAS) {
    const map = schema[keyword];
    if (isObject(map)) for (const [name, value] of Object.entries(map)) yield [`${keyword}/${name}`, value];
  }
  for (const keyword of LISTS_OF_SCHEMAS) {
    const list = schema[keyword];
    if (Array.isArray(list)) yield* list.map((value, index) => [`${keyword}/${index}`, value] as const);
  }
  if (isObject(schema["not"])) yield ["not", schema["not"]];
  for (const keyword of ["items", "additionalItems", "additionalProperties"]) {
    const value = schema[keyword];
    if (Array.isArray(value)) yield* value.map((entry, index) => [`${keyword}/${index}`, entry] as const);
    else if (isObject(value)) yield [keyword, value];
  }
}

function isOfType(value: unknown, type: string): boolean {
  if (type === "integer") return Number.isInteger(value);
  return typeOf(value) === type || (type === "number" && typeof value === "number");
}

function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return typeof value;
}

/** A `$ref` that leaves the schema; it is never followed. */
function foreignReference(value: unknown, depth: number): string | null {
  if (depth > DEPTH_MAX || typeof value !== "object" || value === null) return null;
  const reference = (value as Json)["$ref"];
  if (typeof reference === "string" && !reference.startsWith("#")) return reference;
  for (const part of Object.values(value)) {
    const found = foreignReference(part, depth + 1);
    if (found !== null) return found;
  }
  return null;
}
