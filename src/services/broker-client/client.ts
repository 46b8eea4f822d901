/** Where a broker listens and how it knows the platform. */
export interface BrokerEndpoint {
  /** `https://broker.example.com`, with path when it has one, without a slash at the end. */
  readonly url: string;
  readonly username: string;
  readonly password: string;
}

/** Who asked the platform, for the header `X-Broker-API-Originating-Identity`; null: nobody in particular. */
export type OriginatingUser = string | null;

/** The catalog's ids of offering and plan. */
export interface CatalogIds {
  readonly serviceId: string;
  readonly planId: string;
}

export interface InstanceRef extends CatalogIds {
  readonly instanceGuid: string;
}

export interface BindingRef extends InstanceRef {
  readonly bindingGuid: string;
}

type JsonObject = Readonly<Record<string, unknown>>;

export interface ProvisionRequest extends InstanceRef {
  readonly organizationGuid: string;
  readonly spaceGuid: string;
  readonly context: JsonObject;
  /** Left out when null or empty. */
  readonly parameters: JsonObject | null;
  readonly maintenanceInfo: JsonObject | null;
}

export interface UpdateRequest extends InstanceRef {
  readonly context: JsonObject;
  readonly parameters: JsonObject | null;
  readonly previousValues: JsonObject;
  readonly maintenanceInfo: JsonObject | null;
}

export interface BindRequest extends BindingRef {
  readonly appGuid: string | null;
  readonly bindResource: JsonObject;
  readonly context: JsonObject;
  readonly parameters: JsonObject | null;
  readonly acceptsIncomplete: boolean;
  /** `requires` of the offering: what the answer may hold besides credentials. */
  readonly requires: readonly string[];
}

/** What a broker did with a request. */
export interface BrokerAnswer {
  /** 202: it works on it; ask for the last operation. */
  readonly inProgress: boolean;
  /** Given back when asking. */
  readonly operation: string | null;
  readonly dashboardUrl: string | null;
  readonly metadata: JsonObject | null;
}

export interface BindingDetails {
  readonly credentials: JsonObject | null;
  readonly syslogDrainUrl: string | null;
  readonly routeServiceUrl: string | null;
  readonly volumeMounts: readonly JsonObject[] | null;
}

export interface BindAnswer extends Pick<BrokerAnswer, "inProgress" | "operation"> {
  readonly details: BindingDetails;
}

export interface LastOperationAnswer {
  /** Null: 410, nothing is known of it any more. */
  readonly state: "in progress" | "succeeded" | "failed" | null;
  readonly description: string | null;
  /** Of the header Retry-After. */
  readonly retryAfterMs: number | null;
}

export interface FetchedInstance {
  readonly dashboardUrl: string | null;
  readonly parameters: JsonObject | null;
}

export interface FetchedBinding {
  readonly details: BindingDetails;
  readonly parameters: JsonObject | null;
}

/**
 * Open Service Broker API 2.17, the platform's side. Every call has a time limit and a limit of bytes, follows no redirect, and throws
 * `BrokerError` with the Cloud Controller's texts; an abort of `signal` is thrown as it is. CC: lib/services/service_brokers/v2/client.rb
 */
export interface BrokerClient {
  /** The parsed body of `GET /v2/catalog`; not yet checked. */
  catalog(endpoint: BrokerEndpoint, user: OriginatingUser, signal: AbortSignal): Promise<JsonObject>;
  provision(
    endpoint: BrokerEndpoint,
    request: ProvisionRequest,
    user: OriginatingUser,
    signal: AbortSignal,
  ): Promise<BrokerAnswer>;
  update(
    endpoint: BrokerEndpoint,
    request: UpdateRequest,
    user: OriginatingUser,
    signal: AbortSignal,
  ): Promise<BrokerAnswer>;
  deprovision(
    endpoint: BrokerEndpoint,
    instance: InstanceRef,
    user: OriginatingUser,
    signal: AbortSignal,
  ): Promise<BrokerAnswer>;
  instanceLastOperation(
    endpoint: BrokerEndpoint,
    instance: InstanceRef,
    operation: string | null,
    user: OriginatingUser,
    signal: AbortSignal,
  ): Promise<LastOperationAnswer>;
  fetchInstance(
    endpoint: BrokerEndpoint,
    instance: InstanceRef,
    user: OriginatingUser,
    signal: AbortSignal,
  ): Promise<FetchedInstance>;
  bind(endpoint: BrokerEndpoint, request: BindRequest, user: OriginatingUser, signal: AbortSignal): Promise<BindAnswer>;
  unbind(
    endpoint: BrokerEndpoint,
    binding: BindingRef,
    user: OriginatingUser,
    signal: AbortSignal,
  ): Promise<BrokerAnswer>;
  bindingLastOperation(
    endpoint: BrokerEndpoint,
    binding: BindingRef,
    operation: string | null,
    user: OriginatingUser,
    signal: AbortSignal,
  ): Promise<LastOperationAnswer>;
  fetchBinding(
    endpoint: BrokerEndpoint,
    binding: BindingRef,
    user: OriginatingUser,
    signal: AbortSignal,
  ): Promise<FetchedBinding>;
}
