import type {
  BindAnswer,
  BindingDetails,
  BrokerErrorType,
  FetchedBinding,
  FetchedInstance,
  LastOperation,
  OperationQuestion,
  ProvisionAnswer,
  VolumeMount,
} from "./client.ts";
import type { BrokerFailure } from "./errors.ts";
import {
  type BrokerReply,
  badResponse,
  described,
  failure,
  type JsonObject,
  malformed,
  objectOf,
  refuseCommonErrors,
  rejected,
  requireObject,
} from "./reply.ts";

/** What each answer of a broker means, as the Cloud Controller reads it. CC: lib/services/service_brokers/v2/response_parser.rb */

const OPERATION_MAX = 10_000;
const ASYNC_REQUIRED = "This service plan requires client support for asynchronous service operations.";
const CONCURRENCY = "The service broker could not perform this operation in parallel with other running operations";
const APP_REQUIRED = "This service supports generation of credentials through binding an application only.";
const CONFLICT_UNEXPLAINED =
  "The service broker did not provide a reason for this conflict, please ensure the catalog is up to date and you are providing a version supported by this service plan";
const NO_LOGGING =
  "The service is attempting to stream logs from your application, but is not registered as a logging service. Please contact the service provider.";
const NO_MOUNTING =
  "The service is attempting to supply volume mounts from your application, but is not registered as a volume mount service. Please contact the service provider.";

export function parseCatalog(reply: BrokerReply): JsonObject {
  refuseCommonErrors(reply);
  if (reply.status === 200) return requireObject(reply);
  if (reply.status === 201 || reply.status === 202) requireObject(reply);
  throw badResponse(reply);
}

export function parseProvision(reply: BrokerReply): ProvisionAnswer {
  refuseCommonErrors(reply);
  switch (reply.status) {
    case 200:
    case 201:
    case 202:
      return answerOf(reply);
    case 409:
      throw failure("ServiceBrokerConflict", described(reply) ?? "Resource conflict", reply);
    case 422:
      throw unprocessable(reply, ["AsyncRequired", "ConcurrencyError", "MaintenanceInfoConflict"], badResponse);
    default:
      throw badResponse(reply);
  }
}

export function parseUpdate(reply: BrokerReply): ProvisionAnswer {
  refuseCommonErrors(reply);
  switch (reply.status) {
    case 200:
    case 202:
      return answerOf(reply);
    case 201:
      throw badResponse(reply, true);
    case 422:
      throw unprocessable(reply, ["AsyncRequired", "MaintenanceInfoConflict"], rejected);
    default:
      throw badResponse(reply);
  }
}

/** Of deprovisioning and unbinding: 410 counts as done. */
export function parseDelete(reply: BrokerReply): ProvisionAnswer {
  if (reply.status === 410)
    return { inProgress: false, operation: null, description: null, dashboardUrl: null, metadata: null };
  refuseCommonErrors(reply);
  switch (reply.status) {
    case 200:
    case 202:
      return answerOf(reply);
    case 201:
      throw badResponse(reply, true);
    case 409:
      throw badResponse(reply);
    case 422:
      throw unprocessable(reply, ["AsyncRequired", "ConcurrencyError"], badResponse);
    default:
      throw badResponse(reply);
  }
}

export function parseBind(reply: BrokerReply, requires: readonly string[]): BindAnswer {
  refuseCommonErrors(reply);
  switch (reply.status) {
    case 200:
    case 201:
      return { inProgress: false, operation: null, description: null, details: boundDetails(reply, requires) };
    case 202: {
      const body = requireObject(reply);
      return { inProgress: true, operation: operationOf(reply, body), description: null, details: NO_DETAILS };
    }
    case 409:
      throw failure("ServiceBrokerConflict", described(reply) ?? "Resource conflict", reply);
    case 422:
      throw unprocessable(reply, ["RequiresApp", "AsyncRequired", "ConcurrencyError"], badResponse);
    default:
      throw badResponse(reply);
  }
}

const STATES: readonly unknown[] = ["succeeded", "failed", "in progress"];

/** Gone: what was to be deleted is; what was to be made may still come. CC: v2/client.rb, extract_state */
export function parseLastOperation(reply: BrokerReply, { type }: Pick<OperationQuestion, "type">): LastOperation {
  const retryAfterMs = retryAfterOf(reply);
  const { status } = reply;
  if (status === 410) {
    return { state: type === "delete" ? "succeeded" : "in progress", description: null, retryAfterMs, status };
  }
  if (reply.status === 400) {
    const said = objectOf(reply)?.["description"];
    return { state: "failed", description: typeof said === "string" ? said : "Bad request", retryAfterMs, status };
  }
  if (reply.status !== 200) {
    refuseCommonErrors(reply);
    throw badResponse(reply);
  }
  const body = requireObject(reply);
  const { state, description } = body;
  if (!STATES.includes(state)) {
    malformed(reply, `expected state was 'succeeded', broker returned '${String(state ?? "")}'.`);
  }
  return {
    state: state as "succeeded" | "failed" | "in progress",
    description: typeof description === "string" ? description : null,
    retryAfterMs,
    status,
  };
}

export function parseFetchInstance(reply: BrokerReply): FetchedInstance {
  const body = fetched(reply);
  return {
    serviceId: textField(reply, body, "service_id"),
    planId: textField(reply, body, "plan_id"),
    dashboardUrl: textField(reply, body, "dashboard_url"),
    parameters: objectField(reply, body, "parameters") ?? undefined,
    metadata: objectField(reply, body, "metadata"),
  };
}

export function parseFetchBinding(reply: BrokerReply): FetchedBinding {
  const body = fetched(reply);
  const mounts = body["volume_mounts"] ?? null;
  if (mounts !== null && !Array.isArray(mounts)) wrongType(reply, "volume_mounts", mounts, "array");
  return {
    credentials: objectField(reply, body, "credentials"),
    syslogDrainUrl: textField(reply, body, "syslog_drain_url"),
    routeServiceUrl: textField(reply, body, "route_service_url"),
    volumeMounts: mounts as VolumeMount[] | null,
    endpoints: null,
    metadata: objectField(reply, body, "metadata"),
    parameters: objectField(reply, body, "parameters") ?? undefined,
  };
}

const NO_DETAILS: BindingDetails = {
  credentials: null,
  syslogDrainUrl: null,
  routeServiceUrl: null,
  volumeMounts: null,
  endpoints: null,
  metadata: null,
};

function fetched(reply: BrokerReply): JsonObject {
  refuseCommonErrors(reply);
  if (reply.status !== 200) throw badResponse(reply);
  return requireObject(reply);
}

function answerOf(reply: BrokerReply): ProvisionAnswer {
  const body = requireObject(reply);
  const inProgress = reply.status === 202;
  const metadata = objectField(reply, body, "metadata");
  return {
    inProgress,
    operation: inProgress ? operationOf(reply, body) : null,
    description: null,
    dashboardUrl: textField(reply, body, "dashboard_url"),
    metadata: metadata === null || Object.keys(metadata).length === 0 ? null : metadata,
  };
}

function operationOf(reply: BrokerReply, body: JsonObject): string | null {
  const operation = textField(reply, body, "operation");
  if (operation !== null && operation.length > OPERATION_MAX) {
    malformed(reply, `\nThe property '#/operation' was not of a maximum string length of ${OPERATION_MAX}`);
  }
  return operation;
}

/** 422 with a known `error`, or what `otherwise` makes of it. */
function unprocessable(
  reply: BrokerReply,
  known: readonly string[],
  otherwise: (reply: BrokerReply) => BrokerFailure,
): BrokerFailure {
  const body = objectOf(reply);
  const error = body?.["error"];
  if (typeof error !== "string" || !known.includes(error)) return otherwise(reply);
  const description = body?.["description"];
  const said = typeof description === "string" && description.trim() !== "" ? description : null;
  const texts: Readonly<Record<string, readonly [BrokerErrorType, string]>> = {
    AsyncRequired: ["AsyncRequired", ASYNC_REQUIRED],
    ConcurrencyError: ["ConcurrencyError", CONCURRENCY],
    RequiresApp: ["AppRequired", APP_REQUIRED],
    MaintenanceInfoConflict: [
      "MaintenanceInfoConflict",
      said === null ? CONFLICT_UNEXPLAINED : `Service broker error: ${said}`,
    ],
  };
  const [name, text] = texts[error]!;
  return failure(name, text, reply);
}

/** Credentials, drain, route service and mounts of an answer, each allowed by what the offering requires. */
function boundDetails(reply: BrokerReply, requires: readonly string[]): BindingDetails {
  const body = requireObject(reply);
  const credentials = body["credentials"] ?? null;
  if (credentials !== null && (typeof credentials !== "object" || Array.isArray(credentials))) {
    malformed(reply, "expected credentials to be a valid JSON object");
  }
  const drain = body["syslog_drain_url"] ?? null;
  if (drain !== null && !requires.includes("syslog_drain")) {
    throw failure("ServiceBrokerInvalidSyslogDrainUrl", NO_LOGGING, reply);
  }
  const routeService = body["route_service_url"] ?? null;
  if (routeService !== null && !isRouteServiceUrl(routeService)) throw badResponse(reply);
  return {
    credentials: credentials as JsonObject | null,
    syslogDrainUrl: drain === null ? null : String(drain),
    routeServiceUrl: routeService === null ? null : String(routeService),
    volumeMounts: mountsOf(reply, body, requires),
    endpoints: null,
    metadata: objectField(reply, body, "metadata"),
  };
}

function isRouteServiceUrl(value: unknown): boolean {
  if (typeof value !== "string" || !URL.canParse(value)) return false;
  const { protocol, hostname } = new URL(value);
  return protocol === "https:" && hostname !== "" && !hostname.startsWith(".");
}

/** CC: VolumeMountsValidator */
function mountsOf(reply: BrokerReply, body: JsonObject, requires: readonly string[]): readonly VolumeMount[] | null {
  const mounts = body["volume_mounts"] ?? null;
  if (mounts === null) return null;
  const invalid = (what: string): never => {
    const text = `The service broker returned an invalid response: ${what}`;
    throw failure("ServiceBrokerInvalidVolumeMounts", text, reply);
  };
  if (!requires.includes("volume_mount")) invalid(NO_MOUNTING);
  const isObject = (value: unknown): value is JsonObject =>
    typeof value === "object" && value !== null && !Array.isArray(value);
  if (!Array.isArray(mounts) || !mounts.every(isObject)) {
    return invalid(
      `expected "volume_mounts" key to contain an array of JSON objects in body, broker returned '${reply.body}'`,
    );
  }
  for (const mount of mounts) {
    for (const key of ["device_type", "mode", "container_dir", "driver"]) {
      if (typeof mount[key] !== "string" || mount[key] === "") invalid(`missing required field '${key}'`);
    }
    const { device } = mount;
    if (!("device" in mount)) invalid("missing required field 'device'");
    if (!isObject(device)) return invalid("required field 'device' must be an object");
    if (typeof device["volume_id"] !== "string" || device["volume_id"] === "") {
      invalid("required field 'device.volume_id' must be a non-empty string");
    }
    const config = device["mount_config"] ?? null;
    if (config !== null && !isObject(config)) invalid("field 'device.mount_config' must be an object if it is defined");
  }
  return mounts as unknown as VolumeMount[];
}

function textField(reply: BrokerReply, body: JsonObject, name: string): string | null {
  const value = body[name] ?? null;
  if (value === null || typeof value === "string") return value;
  return wrongType(reply, name, value, "string");
}

function objectField(reply: BrokerReply, body: JsonObject, name: string): JsonObject | null {
  const value = body[name] ?? null;
  if (value === null || (typeof value === "object" && !Array.isArray(value))) return value as JsonObject | null;
  return wrongType(reply, name, value, "object");
}

function wrongType(reply: BrokerReply, name: string, value: unknown, wanted: string): never {
  return malformed(
    reply,
    `\nThe property '#/${name}' of type ${typeof value} did not match the following type: ${wanted}`,
  );
}

/** Seconds, as brokers write it. */
function retryAfterOf({ retryAfter }: BrokerReply): number | null {
  const seconds = retryAfter === null ? Number.NaN : Number.parseInt(retryAfter, 10);
  return Number.isSafeInteger(seconds) && seconds > 0 ? seconds * 1_000 : null;
}
