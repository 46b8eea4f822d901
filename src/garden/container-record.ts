import type { ProcessIdentity } from "../kit/process-identity.ts";
import type { EgressRule } from "../protocol/action.ts";
import type { ContainerSpec } from "./client.ts";

/** What is known of one container, in memory and on disk alike. */
export interface ContainerRecord {
  readonly handle: string;
  readonly spec: ContainerSpec;
  /** `creating` and `destroying` are cleaned up by the next start of the platform. */
  readonly state: "creating" | "active" | "destroying";
  /** Of the machine's run in which it was made: no container outlives a reboot. */
  readonly bootId: string;
  /** Wall clock. */
  readonly createdAtMs: number;
  /** Its own address; null where containers share the machine's network. */
  readonly address: string | null;
  readonly mappedPorts: readonly { readonly hostPort: number; readonly containerPort: number }[];
  /** The stack and its fingerprint, so that a stack in use is not taken away. */
  readonly stackId: string;
  /** First process of the container, which holds it open. */
  readonly init: ProcessIdentity | null;
  readonly properties: Readonly<Record<string, string>>;
  /** In force now. */
  readonly egressRules: readonly EgressRule[];
}
