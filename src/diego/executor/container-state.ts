import type { PortMapping } from "../../protocol/lrp.ts";
import { ExecutorError } from "./errors.ts";
import type { AllocationRequest, Container, ContainerLayer, ContainerState, RunInfo } from "./model.ts";

/** A crash reason is made by the app's own output: longer ones are cut. Diego: executor/resources.go */
const FAILURE_REASON_MAX = 10_000;

const NEXT: Readonly<Record<ContainerState, readonly ContainerState[]>> = {
  reserved: ["initializing", "completed"],
  initializing: ["created", "completed"],
  created: ["running", "completed"],
  running: ["completed"],
  completed: ["completed"],
};

/** Diego: executor/resources.go, ValidateTransitionTo */
export function mayBecome(from: ContainerState, to: ContainerState): boolean {
  return NEXT[from].includes(to);
}

export function reserve(request: AllocationRequest, nowMs: number): Container {
  return {
    guid: request.guid,
    owner: request.owner,
    need: request.need,
    state: "reserved",
    run: null,
    routable: false,
    allocatedAtMs: nowMs,
    externalIp: "",
    internalIp: "",
    ports: [],
    memoryLimitBytes: 0,
    diskLimitBytes: 0,
    layer: null,
    result: { failed: false, failureReason: "", retryable: false, stopped: false },
  };
}

export function initialize(container: Container, run: RunInfo): Container {
  return { ...moved(container, "initializing"), run };
}

export interface CreatedFacts {
  readonly externalIp: string;
  readonly internalIp: string;
  readonly ports: readonly PortMapping[];
  readonly memoryLimitBytes: number;
  readonly diskLimitBytes: number;
  readonly layer: ContainerLayer | null;
}

export function becomeCreated(container: Container, facts: CreatedFacts): Container {
  return { ...moved(container, "created"), ...facts };
}

export function becomeRunning(container: Container, routable: boolean): Container {
  return { ...moved(container, "running"), routable };
}

export function markStopped(container: Container): Container {
  return { ...container, result: { ...container.result, stopped: true } };
}

/** Keeps `stopped`: whoever asked for the end has asked before it came. */
export function complete(
  container: Container,
  outcome: { readonly failed: boolean; readonly failureReason: string; readonly retryable: boolean },
): Container {
  const failureReason = outcome.failureReason.slice(0, FAILURE_REASON_MAX);
  return {
    ...moved(container, "completed"),
    routable: false,
    result: { ...container.result, ...outcome, failureReason },
  };
}

function moved(container: Container, to: ContainerState): Container {
  if (!mayBecome(container.state, to)) {
    throw new ExecutorError("invalid-transition", `container cannot transition to state (${container.state} to ${to})`);
  }
  return { ...container, state: to };
}
