import { DatabaseUnreachableError } from "../../kit/database-unreachable.ts";
import { isBrokerError } from "../../services/broker-client/client.ts";
import { CC_ERRORS } from "./error-table.ts";

export type CcErrorName = keyof typeof CC_ERRORS;

/** One entry of an error document. */
export interface CcErrorEntry {
  readonly code: number;
  readonly title: string;
  readonly detail: string;
}

/** An expected failure: the caller is told the code, title and text. Anything else thrown becomes 500 without text. */
export class CcError extends Error {
  readonly errorName: CcErrorName;
  readonly code: number;
  readonly status: number;

  /** @param args fill the `%s` of the detail in order; a list is joined by ", ". */
  constructor(
    errorName: CcErrorName,
    args: readonly (string | number | readonly string[])[] = [],
    options?: ErrorOptions,
  ) {
    const [code, status, detail] = CC_ERRORS[errorName];
    super(fill(detail, args), options);
    this.errorName = errorName;
    this.code = code;
    this.status = status;
  }
}

function fill(detail: string, args: readonly (string | number | readonly string[])[]): string {
  let next = 0;
  return detail.replace(/%[sd]/g, () => {
    const arg = args[next++];
    return Array.isArray(arg) ? arg.join(", ") : String(arg ?? "");
  });
}

/** 422 with CC's validation texts, joined by ", ". */
export function unprocessable(...details: readonly string[]): CcError {
  return new CcError("UnprocessableEntity", [details]);
}

/** 404 `Organization not found`: what CC answers for a missing resource and for one the caller may not see. */
export function notFound(resource: string): CcError {
  return new CcError("ResourceNotFound", [`${resource} not found`]);
}

/** 403: the caller sees the resource but may not do this. */
export function notAuthorized(): CcError {
  return new CcError("NotAuthorized");
}

/** Several failures at once: each has its entry, the first one gives the status. CC: errors/compound_error.rb */
export class CompoundError extends Error {
  readonly errors: readonly CcError[];
  constructor(errors: readonly [CcError, ...CcError[]]) {
    super(errors.map(({ message }) => message).join(", "));
    this.errors = errors;
  }
}

/** CC: presenters/v3_error_hasher.rb, services_error_hash */
const BROKER_ERROR_CODE = 10_001;

/** The one place where a failure becomes a document. Foreign errors lose their text: it may hold secrets. CC: presenters/v3_error_hasher.rb */
export function errorDocument(error: unknown): { status: number; errors: CcErrorEntry[] } {
  if (error instanceof CcError) return { status: error.status, errors: [entryOf(error)] };
  if (isBrokerError(error)) {
    return {
      status: error.responseCode,
      errors: [{ detail: error.message, title: `CF-${error.type}`, code: BROKER_ERROR_CODE }],
    };
  }
  if (error instanceof DatabaseUnreachableError) {
    // CC: controllers/v3/application_controller.rb, handle_db_connection_error
    return errorDocument(new CcError("ServiceUnavailable", ["Database connection failure"]));
  }
  if (error instanceof CompoundError) return { status: error.errors[0]!.status, errors: error.errors.map(entryOf) };
  return { status: 500, errors: [{ detail: "An unknown error occurred.", title: "UnknownError", code: 10001 }] };
}

function entryOf(error: CcError): CcErrorEntry {
  return { detail: error.message, title: `CF-${error.errorName}`, code: error.code };
}
