import type { UaaClient } from "../../identity/uaa/client.ts";
import type { Clock } from "../../kit/clock.ts";
import type { HttpClient } from "../../kit/http-client.ts";
import type { Log } from "../../kit/log.ts";
import type { Random, Secrets } from "../../kit/random.ts";
import type { AgentClient } from "../../logging/agent/client.ts";
import type { BrokerClient } from "../../services/broker-client/client.ts";
import type { BlobstoreClient } from "../blobstore/client.ts";
import type { BridgeClient } from "../cc-bridge/client.ts";

export interface DomainName {
  readonly name: string;
  /** Made by an administrator for everybody; false: an organization's own. */
  readonly shared: boolean;
}

/** What the Cloud Controller is given. */
export interface CcDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly secrets: Secrets;
  readonly log: Log;
  readonly uaa: UaaClient;
  readonly blobstore: BlobstoreClient;
  readonly bridge: BridgeClient;
  readonly http: HttpClient;
  /** Service brokers, wherever tenants say that they are. */
  readonly brokers: BrokerClient;
  /** Takes the log lines of source type API. */
  readonly agent: AgentClient;
  /** Told at the start and after every change which domains there are, internal ones left out. Must return at once. */
  readonly domainsChanged?: (domains: readonly DomainName[]) => void;
  /** Makes the archive of a system buildpack and gives its path. Asked only when the Cloud Controller lacks it. */
  readonly buildpackArchive: (name: string, signal: AbortSignal) => Promise<string>;
}
