import { inspected } from "./ruby-inspect.ts";

/** What is wrong with one part of a catalog, and with its own parts. CC: lib/services/validation_errors.rb */
export class CatalogErrors {
  readonly texts: string[] = [];
  readonly parts: { readonly name: string; readonly errors: CatalogErrors }[] = [];

  get isEmpty(): boolean {
    return this.texts.length === 0 && this.parts.every(({ errors }) => errors.isEmpty);
  }

  add(text: string): void {
    this.texts.push(text);
  }

  part(name: string): CatalogErrors {
    const errors = new CatalogErrors();
    this.parts.push({ name, errors });
    return errors;
  }

  requireText(label: string, value: unknown): void {
    if (value !== undefined && value !== null && typeof value !== "string") this.#wrong(label, "a string", value);
    else if (!value || value.trim() === "") this.add(`${label} is required`);
  }

  checkText(label: string, value: unknown): void {
    if (value !== undefined && value !== null && typeof value !== "string") this.#wrong(label, "a string", value);
  }

  requireDescription(label: string, value: unknown): void {
    this.requireText(label, value);
    const length = typeof value === "string" || Array.isArray(value) ? value.length : 0;
    if (length > DESCRIPTION_MAX) this.add(`${label} may not have more than ${DESCRIPTION_MAX} characters`);
  }

  requireFlag(label: string, value: unknown): void {
    if (value === undefined || value === null) this.add(`${label} is required`);
    else this.checkFlag(label, value);
  }

  checkFlag(label: string, value: unknown): void {
    if (value !== undefined && value !== null && typeof value !== "boolean") this.#wrong(label, "a boolean", value);
  }

  checkInteger(label: string, value: unknown): void {
    if (value !== undefined && value !== null && !Number.isSafeInteger(value)) this.#wrong(label, "an integer", value);
  }

  checkObject(label: string, value: unknown): void {
    if (!isObject(value)) this.#wrong(label, "a hash", value);
  }

  checkTexts(label: string, value: unknown): boolean {
    if (Array.isArray(value) && value.every((entry) => typeof entry === "string")) return true;
    this.#wrong(label, "an array of strings", value);
    return false;
  }

  checkObjects(label: string, value: unknown): void {
    if (!Array.isArray(value) || !value.every(isObject)) this.#wrong(label, "an array of hashes", value);
  }

  #wrong(label: string, type: string, value: unknown): void {
    this.add(`${label} must be ${type}, but has value ${inspected(value)}`);
  }
}

const DESCRIPTION_MAX = 10_000;

export type Json = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** One line per error, indented under the service, the plan and its schemas. CC: validation_errors_formatter.rb */
export function formatCatalogErrors(errors: CatalogErrors): string {
  const lines = [...errors.texts];
  for (const service of errors.parts) {
    if (service.errors.isEmpty) continue;
    lines.push(`Service ${service.name}`, ...service.errors.texts.map((text) => `  ${text}`));
    for (const plan of service.errors.parts) {
      if (plan.errors.isEmpty) continue;
      lines.push(`  Plan ${plan.name}`, ...plan.errors.texts.map((text) => `    ${text}`));
      for (const schemas of plan.errors.parts) {
        lines.push("    Schemas", ...allTexts(schemas.errors).map((text) => `      ${text}`));
      }
    }
  }
  return `\n${lines.map((line) => `${line}\n`).join("")}`;
}

function allTexts(errors: CatalogErrors): string[] {
  return [...errors.parts.flatMap((part) => allTexts(part.errors)), ...errors.texts];
}
