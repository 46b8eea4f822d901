import type { Clock } from "../../kit/clock.ts";
import { bodyText, type HttpClient, type HttpResponse } from "../../kit/http-client.ts";
import type { Random } from "../../kit/random.ts";
import { BrokerError } from "../../protocol/broker-error.ts";
import type { BrokerClient, BrokerEndpoint, InstanceRef, OriginatingUser } from "./client.ts";
import type { BrokerClientConfig } from "./config.ts";
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
  const ask = (endpoint: BrokerEndpoint, request: Request, user: OriginatingUser, signal: AbortSignal) =>
    exchange(config, deps, endpoint, request, user, signal);
  return {
    catalog: async (endpoint, user, signal) =>
      parseCatalog(await ask(endpoint, { method: "GET", path: "/v2/catalog" }, user, signal)),
    provision: async (endpoint, request, user, signal) => {
      const body = {
        ...idsOf(request),
        organization_guid: request.organizationGuid,
        space_guid: request.spaceGuid,
        context: request.context,
        ...filled("parameters", request.parameters),
        ...filled("maintenance_info", request.maintenanceInfo),
      };
      const query = { accepts_incomplete: "true" };
      return parseProvision(
        await ask(endpoint, { method: "PUT", path: instancePath(request), query, body }, user, signal),
      );
    },
    update: async (endpoint, request, user, signal) => {
      const body = {
        ...idsOf(request),
        previous_values: request.previousValues,
        context: request.context,
        ...(request.parameters === null ? {} : { parameters: request.parameters }),
        ...filled("maintenance_info", request.maintenanceInfo),
      };
      const query = { accepts_incomplete: "true" };
      return parseUpdate(
        await ask(endpoint, { method: "PATCH", path: instancePath(request), query, body }, user, signal),
      );
    },
    deprovision: async (endpoint, instance, user, signal) => {
      const query = { accepts_incomplete: "true", ...idsOf(instance) };
      return parseDelete(await ask(endpoint, { method: "DELETE", path: instancePath(instance), query }, user, signal));
    },
    instanceLastOperation: async (endpoint, instance, operation, user, signal) => {
      const path = `${instancePath(instance)}/last_operation`;
      const query = { ...idsOf(instance), operation };
      return parseLastOperation(await ask(endpoint, { method: "GET", path, query }, user, signal));
    },
    fetchInstance: async (endpoint, instance, user, signal) =>
      parseFetchInstance(await ask(endpoint, { method: "GET", path: instancePath(instance) }, user, signal)),
    bind: async (endpoint, request, user, signal) => {
      const body = {
        ...idsOf(request),
        ...(request.appGuid === null ? {} : { app_guid: request.appGuid }),
        bind_resource: request.bindResource,
        context: request.context,
        ...filled("parameters", request.parameters),
      };
      const query = { accepts_incomplete: request.acceptsIncomplete ? "true" : null };
      const reply = await ask(endpoint, { method: "PUT", path: bindingPath(request), query, body }, user, signal);
      return parseBind(reply, request.requires);
    },
    unbind: async (endpoint, binding, user, signal) => {
      const query = { accepts_incomplete: "true", ...idsOf(binding) };
      return parseDelete(await ask(endpoint, { method: "DELETE", path: bindingPath(binding), query }, user, signal));
    },
    bindingLastOperation: async (endpoint, binding, operation, user, signal) => {
      const path = `${bindingPath(binding)}/last_operation`;
      const query = { ...idsOf(binding), operation };
      return parseLastOperation(await ask(endpoint, { method: "GET", path, query }, user, signal));
    },
    fetchBinding: async (endpoint, binding, user, signal) =>
      parseFetchBinding(await ask(endpoint, { method: "GET", path: bindingPath(binding) }, user, signal)),
  };
}

function idsOf({ serviceId, planId }: InstanceRef): { service_id: string; plan_id: string } {
  return { service_id: serviceId, plan_id: planId };
}

function instancePath({ instanceGuid }: InstanceRef): string {
  return `/v2/service_instances/${instanceGuid}`;
}

function bindingPath(binding: InstanceRef & { readonly bindingGuid: string }): string {
  return `${instancePath(binding)}/service_bindings/${binding.bindingGuid}`;
}

function filled(name: string, value: Readonly<Record<string, unknown>> | null): object {
  return value === null || Object.keys(value).length === 0 ? {} : { [name]: value };
}

async function exchange(
  config: BrokerClientConfig,
  deps: BrokerClientDeps,
  endpoint: BrokerEndpoint,
  request: Request,
  user: OriginatingUser,
  signal: AbortSignal,
): Promise<BrokerReply> {
  const limit = deps.clock.deadline(config.timeoutMs, signal);
  const { body } = request;
  let response: HttpResponse | null = null;
  try {
    response = await deps.http.request({
      method: request.method,
      url: urlOf(endpoint, request),
      headers: headersOf(config, deps, endpoint, user, body !== undefined),
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

function brokenExchange(error: unknown, response: HttpResponse | null, limit: AbortSignal): BrokerError {
  const cause = { cause: error };
  if (limit.aborted) {
    return new BrokerError("HttpClientTimeout", "The request to the service broker timed out", null, cause);
  }
  if (error instanceof RangeError && response !== null) {
    const text = `The service broker returned an invalid response. Status Code: ${response.status}, Body: too long`;
    return new BrokerError("ServiceBrokerBadResponse", text, response.status, cause);
  }
  // Once an answer has begun the broker was reached, whatever becomes of the rest.
  if (response !== null) {
    const text = "The service broker returned an invalid response. The connection was closed early";
    return new BrokerError("ServiceBrokerBadResponse", text, response.status, cause);
  }
  return new BrokerError("ServiceBrokerApiUnreachable", "The service broker could not be reached", null, cause);
}

function urlOf({ url }: BrokerEndpoint, { path, query = {} }: Request): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== null);
  const search = new URLSearchParams(given).toString();
  return `${url.replace(/\/+$/, "")}${path}${search === "" ? "" : `?${search}`}`;
}

function headersOf(
  config: BrokerClientConfig,
  deps: BrokerClientDeps,
  { username, password }: BrokerEndpoint,
  user: OriginatingUser,
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
