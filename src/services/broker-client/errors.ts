import type { BrokerError, BrokerErrorType } from "./client.ts";

/** HTTP status with which the API passes each on. CC: lib/services/service_brokers/v2/errors */
const RESPONSE_CODES: Readonly<Record<BrokerErrorType, BrokerError["responseCode"]>> = {
  HttpClientTimeout: 504,
  ServiceBrokerApiTimeout: 504,
  ServiceBrokerApiUnreachable: 502,
  HttpRequestError: 500,
  ServiceBrokerApiAuthenticationFailed: 502,
  ServiceBrokerRequestRejected: 502,
  ServiceBrokerBadResponse: 502,
  ServiceBrokerResponseMalformed: 502,
  ServiceBrokerConflict: 409,
  AsyncRequired: 400,
  ConcurrencyError: 422,
  MaintenanceInfoConflict: 422,
  AppRequired: 400,
  ServiceBrokerInvalidSyslogDrainUrl: 502,
  ServiceBrokerInvalidVolumeMounts: 502,
};

/** A broker, or the way to it, failed. */
export class BrokerFailure extends Error implements BrokerError {
  override readonly name = "BrokerError";
  readonly type: BrokerErrorType;
  readonly status: number | null;

  constructor(type: BrokerErrorType, message: string, status: number | null, options?: ErrorOptions) {
    super(message, options);
    this.type = type;
    this.status = status;
  }

  get responseCode(): BrokerError["responseCode"] {
    return RESPONSE_CODES[this.type];
  }

  /** CC: v2/client.rb (cleanup_failed_provision, cleanup_failed_bind), OSBAPI: orphan mitigation */
  get leavesOrphan(): boolean {
    switch (this.type) {
      case "HttpClientTimeout":
      case "ServiceBrokerBadResponse":
      case "ServiceBrokerInvalidVolumeMounts":
      case "ServiceBrokerInvalidSyslogDrainUrl":
        return true;
      case "ServiceBrokerResponseMalformed":
        return this.status !== 200;
      default:
        return false;
    }
  }
}
