import { labelValueError, metadataKeyError, splitMetadataKey } from "./metadata-key.ts";

export interface LabelRequirement {
  readonly prefix: string;
  readonly name: string;
  readonly operator: "in" | "notin" | "exists" | "not-exists";
  readonly values: readonly string[];
}

export type LabelSelector =
  | { readonly requirements: readonly LabelRequirement[] }
  | { readonly errors: readonly string[] };

const REQUIREMENTS_MAX = 50;

/** `env in (prod,dev),team=a,!legacy` → requirements, all of which must hold. CC: models/helpers/metadata_helpers.rb */
export function parseLabelSelector(text: string): LabelSelector {
  const parts = text.match(/(?:\(.*?\)|[^,])+/g) ?? [];
  if (parts.length === 0) return { errors: ["Missing label_selector value"] };
  if (parts.length > REQUIREMENTS_MAX) {
    return { errors: [`Too many label_selector requirements (maximum is ${REQUIREMENTS_MAX})`] };
  }
  const requirements: LabelRequirement[] = [];
  const errors: string[] = [];
  for (const part of parts) {
    const parsed = parseRequirement(part);
    if (typeof parsed === "string") errors.push(parsed);
    else requirements.push(parsed);
  }
  return errors.length > 0 ? { errors } : { requirements };
}

const SHAPES = [
  { pattern: /^(.*?) in \((.*)\)$/, operator: "in" },
  { pattern: /^(.*?) notin \((.*)\)$/, operator: "notin" },
  { pattern: /^([\w\-./]+)==?(.*)$/, operator: "in" },
  { pattern: /^([\w\-./]+)!=(.*)$/, operator: "notin" },
  { pattern: /^([\w\-./]+)$/, operator: "exists" },
  { pattern: /^!([\w\-./]+)$/, operator: "not-exists" },
] as const;

function parseRequirement(part: string): LabelRequirement | string {
  for (const { pattern, operator } of SHAPES) {
    const match = pattern.exec(part);
    if (match === null) continue;
    const key = match[1] ?? "";
    const listed = match[2] ?? "";
    // `team=` asks for the empty value; Ruby's split gives no element for it, which selects nothing at all.
    const values = listed === "" ? [] : listed.split(",");
    const error = metadataKeyError(key) ?? values.map(labelValueError).find((text) => text !== null);
    return error ?? { ...splitMetadataKey(key), operator, values };
  }
  return "Invalid label_selector value";
}
