/** A broker as it was registered. */
export interface BrokerAccess {
  /** With http or https, without a trailing slash; paths are appended to it. */
  readonly url: string;
  readonly username: string;
  readonly password: string;
}

/** What every call is made with. */
export interface BrokerCall {
  readonly broker: BrokerAccess;
  /** The user who caused it, told as X-Broker-API-Originating-Identity; null: nobody, as for orphans. */
  readonly userGuid: string | null;
  readonly signal: AbortSignal;
}

/** Whom the broker knows by the ids of its own catalog. */
export interface CatalogIds {
  readonly serviceId: string;
  readonly planId: string;
}

export type BrokerObject = Readonly<Record<string, unknown>>;

export interface ProvisionRequest extends CatalogIds {
  readonly instanceGuid: string;
  readonly acceptsIncomplete: boolean;
  readonly organizationGuid: string;
  readonly spaceGuid: string;
  readonly context: BrokerObject;
  /** Null or empty: not sent. */
  readonly parameters: BrokerObject | null;
  /** Null or empty: not sent. */
  readonly maintenanceInfo: BrokerObject | null;
}

export interface UpdateRequest extends CatalogIds {
  readonly instanceGuid: string;
  readonly acceptsIncomplete: boolean;
  readonly context: BrokerObject;
  /** `service_id`, `plan_id`, `organization_id`, `space_id`, `maintenance_info`: as they were. */
  readonly previousValues: BrokerObject;
  /** Null: not sent; an empty object is sent. */
  readonly parameters: BrokerObject | null;
  readonly maintenanceInfo: BrokerObject | null;
}

export interface DeprovisionRequest extends CatalogIds {
  readonly instanceGuid: string;
  readonly acceptsIncomplete: boolean;
}

export interface BindRequest extends CatalogIds {
  readonly instanceGuid: string;
  readonly bindingGuid: string;
  readonly acceptsIncomplete: boolean;
  /** Top level `app_guid`; null for keys and routes. */
  readonly appGuid: string | null;
  /** `{ app_guid, space_guid, app_annotations }`, `{ route }` or `{}`. */
  readonly bindResource: BrokerObject;
  readonly context: BrokerObject;
  readonly parameters: BrokerObject | null;
  /** The offering's `requires`: only those that ask for it may send `syslog_drain_url` and `volume_mounts`. */
  readonly requires: readonly string[];
}

export interface UnbindRequest extends CatalogIds {
  readonly instanceGuid: string;
  readonly bindingGuid: string;
  readonly acceptsIncomplete: boolean;
}

export interface InstanceRequest extends CatalogIds {
  readonly instanceGuid: string;
}

export interface BindingRequest extends CatalogIds {
  readonly instanceGuid: string;
  readonly bindingGuid: string;
}

/** Of work that the broker does on its own. */
export interface OperationQuestion {
  /** What the broker called it; null when it gave no name. */
  readonly operation: string | null;
  /** Decides what 410 means: a deletion is over then, anything else goes on. */
  readonly type: "create" | "update" | "delete";
}

/** The answer to a change. */
export interface BrokerAnswer {
  /** 202: the broker goes on; ask for its last operation. */
  readonly inProgress: boolean;
  /** Only with `inProgress`. */
  readonly operation: string | null;
  readonly description: string | null;
}

export interface ProvisionAnswer extends BrokerAnswer {
  readonly dashboardUrl: string | null;
  /** `metadata` of OSBAPI 2.16: labels and attributes. */
  readonly metadata: BrokerObject | null;
}

export interface VolumeMount {
  readonly driver: string;
  readonly container_dir: string;
  readonly mode: string;
  readonly device_type: string;
  readonly device: BrokerObject;
}

/** What a binding gives its user; null is what the broker did not say. */
export interface BindingDetails {
  readonly credentials: BrokerObject | null;
  readonly syslogDrainUrl: string | null;
  readonly routeServiceUrl: string | null;
  readonly volumeMounts: readonly VolumeMount[] | null;
  readonly endpoints: readonly BrokerObject[] | null;
  /** OSBAPI 2.17: expires_at, renew_before. */
  readonly metadata: BrokerObject | null;
}

export interface BindAnswer extends BrokerAnswer {
  readonly details: BindingDetails;
}

export interface LastOperation {
  readonly state: "in progress" | "succeeded" | "failed";
  readonly description: string | null;
  /** From Retry-After in seconds or as a date; null without. */
  readonly retryAfterMs: number | null;
  /** 400 is a broker that will not speak of it: nothing is known of the instance. */
  readonly status: number;
}

export interface FetchedInstance {
  readonly serviceId: string | null;
  readonly planId: string | null;
  readonly dashboardUrl: string | null;
  /** Undefined when the broker gave none. */
  readonly parameters: BrokerObject | undefined;
  readonly metadata: BrokerObject | null;
}

export interface FetchedBinding extends BindingDetails {
  readonly parameters: BrokerObject | undefined;
}

/**
 * Speaks the Open Service Broker API 2.17 to whatever broker a call names. Every method throws `BrokerError` for what the broker or the
 * way to it did wrong, and the signal's reason when it was aborted from outside. A call takes at most `timeoutMs` of the configuration.
 * CC: lib/services/service_brokers/v2/client.rb
 */
export interface BrokerClient {
  /** The catalog as the broker sent it, an object and no more: whether it is a good one is the caller's to judge. */
  catalog(call: BrokerCall): Promise<BrokerObject>;
  provision(call: BrokerCall, request: ProvisionRequest): Promise<ProvisionAnswer>;
  update(call: BrokerCall, request: UpdateRequest): Promise<ProvisionAnswer>;
  /** 410 is success. */
  deprovision(call: BrokerCall, request: DeprovisionRequest): Promise<BrokerAnswer>;
  fetchInstance(call: BrokerCall, request: InstanceRequest): Promise<FetchedInstance>;
  instanceLastOperation(
    call: BrokerCall,
    request: InstanceRequest,
    question: OperationQuestion,
  ): Promise<LastOperation>;
  bind(call: BrokerCall, request: BindRequest): Promise<BindAnswer>;
  /** 410 is success. */
  unbind(call: BrokerCall, request: UnbindRequest): Promise<BrokerAnswer>;
  fetchBinding(call: BrokerCall, request: BindingRequest): Promise<FetchedBinding>;
  bindingLastOperation(call: BrokerCall, request: BindingRequest, question: OperationQuestion): Promise<LastOperation>;
}

/** The names of the real errors, after `CF-`; each has its HTTP status in `BROKER_ERROR_STATUS`. */
export type BrokerErrorType =
  /** No answer in time. */
  | "HttpClientTimeout"
  /** The broker answered 408. */
  | "ServiceBrokerApiTimeout"
  /** The name does not resolve, the connection is refused, or we refuse to go there. */
  | "ServiceBrokerApiUnreachable"
  /** Any other failure on the way: TLS, a cut connection, redirects without end, an answer too large. */
  | "HttpRequestError"
  /** 401 */
  | "ServiceBrokerApiAuthenticationFailed"
  /** Any other 4xx. */
  | "ServiceBrokerRequestRejected"
  /** 5xx, or a status or content that makes no sense here. */
  | "ServiceBrokerBadResponse"
  /** Not JSON, or not the fields of this answer. */
  | "ServiceBrokerResponseMalformed"
  /** 409 */
  | "ServiceBrokerConflict"
  /** 422 with that word in `error`. */
  | "AsyncRequired"
  | "ConcurrencyError"
  | "MaintenanceInfoConflict"
  | "AppRequired"
  | "ServiceBrokerInvalidSyslogDrainUrl"
  | "ServiceBrokerInvalidVolumeMounts";

/** What a broker, or the way to it, did wrong. `message` is fit for users. CC: lib/services/service_brokers/v2/errors */
export interface BrokerError extends Error {
  readonly name: "BrokerError";
  readonly type: BrokerErrorType;
  /** What the broker answered; null when nothing came. */
  readonly status: number | null;
  /** The status with which the API answers. */
  readonly responseCode: 400 | 409 | 422 | 500 | 502 | 504;
  /** After `provision` and `bind`: the broker may have made something that nobody will ask for; delete it. */
  readonly leavesOrphan: boolean;
}

/** Recognised by name, so that it makes no difference who made it. */
export function isBrokerError(error: unknown): error is BrokerError {
  return error instanceof Error && error.name === "BrokerError";
}
