import type { Clock } from "../../kit/clock.ts";
import { bodyText, type HttpClient, type HttpResponse } from "../../kit/http-client.ts";
import type { Random } from "../../kit/random.ts";
import type { BindingRequest, BrokerAccess, BrokerCall, BrokerClient, CatalogIds, InstanceRequest } from "./client.ts";
import type { BrokerClientConfig } from "./config.ts";
import { BrokerFailure } from "./errors.ts";
import {
  parseBind,
  parseCatalog,
  parseDelete,
  parseFetchBinding,
  parseFetchInstance,
  parseLastOperation,
  parseProvision,
  parseUpdate,
} from "./parse.ts";
import type { BrokerReply } from "./reply.ts";

export interface BrokerClientDeps {
  /** Reaches what any app of the platform may reach, and none of the platform's own sockets: tenants choose the addresses. */
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly random: Random;
}

interface Request {
  readonly method: "GET" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly query?: Readonly<Record<string, string | null>>;
  readonly body?: object;
}

/** OSBAPI 2.17: what the platform says it speaks. */
const API_VERSION = "2.17";

/** A client for any broker. Holds nothing: each call names its broker. */
export function createBrokerClient(config: BrokerClientConfig, deps: BrokerClientDeps): BrokerClient {
  const ask = (call: BrokerCall, request: Request) => exchange(config, deps, call, request);
  return {
    catalog: async (call) => parseCatalog(await ask(call, { method: "GET", path: "/v2/catalog" })),
    provision: async (call, request) => {
      const body = {
        ...idsOf(request),
        organization_guid: request.organizationGuid,
        space_guid: request.spaceGuid,
        context: request.context,
        ...filled("parameters", request.parameters),
        ...filled("maintenance_info", request.maintenanceInfo),
      };
      return parseProvision(
        await ask(call, { method: "PUT", path: instancePath(request), query: incomplete(request), body }),
      );
    },
    update: async (call, request) => {
      const body = {
        ...idsOf(request),
        previous_values: request.previousValues,
        context: request.context,
        ...(request.parameters === null ? {} : { parameters: request.parameters }),
        ...filled("maintenance_info", request.maintenanceInfo),
      };
      return parseUpdate(
        await ask(call, { method: "PATCH", path: instancePath(request), query: incomplete(request), body }),
      );
    },
    deprovision: async (call, request) => {
      const query = { ...incomplete(request), ...idsOf(request) };
      return parseDelete(await ask(call, { method: "DELETE", path: instancePath(request), query }));
    },
    instanceLastOperation: async (call, request, question) => {
      const path = `${instancePath(request)}/last_operation`;
      const query = { ...idsOf(request), operation: question.operation };
      return parseLastOperation(await ask(call, { method: "GET", path, query }), question);
    },
    fetchInstance: async (call, request) =>
      parseFetchInstance(await ask(call, { method: "GET", path: instancePath(request) })),
    bind: async (call, request) => {
      const body = {
        ...idsOf(request),
        ...(request.appGuid === null ? {} : { app_guid: request.appGuid }),
        bind_resource: request.bindResource,
        context: request.context,
        ...filled("parameters", request.parameters),
      };
      const reply = await ask(call, { method: "PUT", path: bindingPath(request), query: incomplete(request), body });
      return parseBind(reply, request.requires);
    },
    unbind: async (call, request) => {
      const query = { ...incomplete(request), ...idsOf(request) };
      return parseDelete(await ask(call, { method: "DELETE", path: bindingPath(request), query }));
    },
    bindingLastOperation: async (call, request, question) => {
      const path = `${bindingPath(request)}/last_operation`;
      const query = { ...idsOf(request), operation: question.operation };
      return parseLastOperation(await ask(call, { method: "GET", path, query }), question);
    },
    fetchBinding: async (call, request) =>
      parseFetchBinding(await ask(call, { method: "GET", path: bindingPath(request) })),
  };
}

function incomplete({ acceptsIncomplete }: { readonly acceptsIncomplete: boolean }): {
  accepts_incomplete: string | null;
} {
  return { accepts_incomplete: acceptsIncomplete ? "true" : null };
}

function idsOf({ serviceId, planId }: CatalogIds): { service_id: string; plan_id: string } {
  return { service_id: serviceId, plan_id: planId };
}

function instancePath({ instanceGuid }: InstanceRequest): string {
  return `/v2/service_instances/${instanceGuid}`;
}

function bindingPath(binding: BindingRequest): string {
  return `${instancePath(binding)}/service_bindings/${binding.bindingGuid}`;
}

function filled(name: string, value: Readonly<Record<string, unknown>> | null): object {
  return value === null || Object.keys(value).length === 0 ? {} : { [name]: value };
}

async function exchange(
  config: BrokerClientConfig,
  deps: BrokerClientDeps,
  { broker, userGuid, signal }: BrokerCall,
  request: Request,
): Promise<BrokerReply> {
  const limit = deps.clock.deadline(config.timeoutMs, signal);
  const { body } = request;
  let response: HttpResponse | null = null;
  try {
    response = await deps.http.request({
      method: request.method,
      url: urlOf(broker, request),
      headers: headersOf(config, deps, broker, userGuid, body !== undefined),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: limit,
    });
    const retryAfter = response.headers["retry-after"] ?? null;
    return { status: response.status, body: await bodyText(response.body, config.bodyBytesMax), retryAfter };
  } catch (error) {
    signal.throwIfAborted();
    response?.body.destroy();
    throw brokenExchange(error, response, limit);
  }
}

function brokenExchange(error: unknown, response: HttpResponse | null, limit: AbortSignal): BrokerFailure {
  const cause = { cause: error };
  if (limit.aborted) {
    return new BrokerFailure("HttpClientTimeout", "The request to the service broker timed out", null, cause);
  }
  if (error instanceof RangeError && response !== null) {
    const text = `The service broker returned an invalid response. Status Code: ${response.status}, Body: too long`;
    return new BrokerFailure("ServiceBrokerBadResponse", text, response.status, cause);
  }
  // Once an answer has begun the broker was reached, whatever becomes of the rest.
  if (response !== null) {
    const text = "The service broker returned an invalid response. The connection was closed early";
    return new BrokerFailure("ServiceBrokerBadResponse", text, response.status, cause);
  }
  return new BrokerFailure("ServiceBrokerApiUnreachable", "The service broker could not be reached", null, cause);
}

function urlOf({ url }: BrokerAccess, { path, query = {} }: Request): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== null);
  const search = new URLSearchParams(given).toString();
  return `${url.replace(/\/+$/, "")}${path}${search === "" ? "" : `?${search}`}`;
}

function headersOf(
  config: BrokerClientConfig,
  deps: BrokerClientDeps,
  { username, password }: BrokerAccess,
  user: string | null,
  hasBody: boolean,
): Record<string, string> {
  const identity = Buffer.from(JSON.stringify({ user_id: user })).toString("base64");
  return {
    authorization: `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`,
    accept: "application/json",
    "x-broker-api-version": API_VERSION,
    "x-broker-api-request-identity": deps.random.guid(),
    "x-api-info-location": config.apiInfoLocation,
    ...(user === null ? {} : { "x-broker-api-originating-identity": `cloudfoundry ${identity}` }),
    ...(hasBody ? { "content-type": "application/json" } : {}),
  };
}
