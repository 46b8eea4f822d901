import type { Container } from "./model.ts";

/** A container as it was noted, with the steps that are done. */
export interface ContainerNote {
  readonly container: Container;
  readonly doneSteps: readonly string[];
}

/** What must be known after kill -9 to adopt, finish or destroy every container. Writes take effect at once. */
export interface ExecutorStore extends Disposable {
  all(): ContainerNote[];
  put(container: Container): void;
  markDone(guid: string, stepId: string): void;
  delete(guid: string): void;
  /** Resolves when everything written so far also outlives loss of power. */
  durable(): Promise<void>;
}
