/** The Cloud Controller's names for what goes wrong with brokers. CC: lib/services/service_brokers/v2/errors */
export type BrokerErrorName =
  | "HttpClientTimeout"
  | "ServiceBrokerApiUnreachable"
  | "ServiceBrokerApiTimeout"
  | "ServiceBrokerApiAuthenticationFailed"
  | "ServiceBrokerBadResponse"
  | "ServiceBrokerResponseMalformed"
  | "ServiceBrokerRequestRejected"
  | "ServiceBrokerConflict"
  | "ServiceBrokerInvalidVolumeMounts"
  | "ServiceBrokerInvalidSyslogDrainUrl"
  | "AsyncRequired"
  | "AppRequired"
  | "ConcurrencyError"
  | "MaintenanceInfoConflict";

/** HTTP status with which the Cloud Controller passes each on. */
const STATUS: Readonly<Record<BrokerErrorName, number>> = {
  HttpClientTimeout: 504,
  ServiceBrokerApiUnreachable: 502,
  ServiceBrokerApiTimeout: 504,
  ServiceBrokerApiAuthenticationFailed: 502,
  ServiceBrokerBadResponse: 502,
  ServiceBrokerResponseMalformed: 502,
  ServiceBrokerRequestRejected: 502,
  ServiceBrokerConflict: 409,
  ServiceBrokerInvalidVolumeMounts: 502,
  ServiceBrokerInvalidSyslogDrainUrl: 502,
  AsyncRequired: 400,
  AppRequired: 400,
  ConcurrencyError: 422,
  MaintenanceInfoConflict: 422,
};

/** A broker did not do what it was asked. The text may be shown to whoever asked. */
export class BrokerError extends Error {
  readonly errorName: BrokerErrorName;
  /** Status with which to pass it on. */
  readonly status: number;
  /** Status of the broker's answer; null when there was none. */
  readonly brokerStatus: number | null;

  constructor(errorName: BrokerErrorName, message: string, brokerStatus: number | null, options?: ErrorOptions) {
    super(message, options);
    this.errorName = errorName;
    this.status = STATUS[errorName];
    this.brokerStatus = brokerStatus;
  }
}

/**
 * Whether the broker may have made something in spite of the error, so that it must be told to forget it. Asked after a provision or a
 * bind. CC: v2/client.rb (cleanup_failed_provision, cleanup_failed_bind), OSBAPI: orphan mitigation
 */
export function leavesOrphan({ errorName, brokerStatus }: BrokerError): boolean {
  switch (errorName) {
    case "HttpClientTimeout":
    case "ServiceBrokerBadResponse":
    case "ServiceBrokerInvalidVolumeMounts":
    case "ServiceBrokerInvalidSyslogDrainUrl":
      return true;
    case "ServiceBrokerResponseMalformed":
      return brokerStatus !== 200;
    default:
      return false;
  }
}
