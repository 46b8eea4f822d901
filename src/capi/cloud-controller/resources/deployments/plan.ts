import type { InstanceCounts } from "../../../cc-bridge/client.ts";

export interface WebProcess {
  readonly guid: string;
  readonly instances: number;
}

export interface DeploymentView {
  readonly maxInFlight: number;
  /** Instances that old and new processes shall have together. */
  readonly targetTotal: number;
  /** Instances that the new process shall have at the end of this step. */
  readonly targetNew: number;
  readonly deploying: WebProcess;
  /** Oldest first. */
  readonly others: readonly WebProcess[];
  /** Of the deploying process. */
  readonly counts: InstanceCounts;
}

export interface DeploymentStep {
  /** Null: as it is. */
  readonly deployingInstances: number | null;
  /** New instance counts of other processes, by guid. */
  readonly others: ReadonlyMap<string, number>;
  readonly finished: boolean;
}

const NOTHING: DeploymentStep = { deployingInstances: null, others: new Map(), finished: false };

/**
 * The next step of a rolling or canary deployment: an old instance goes only when a new one takes requests, new ones come at most
 * `maxInFlight` at a time and only while none fails. CC: deployment_updater/actions/scale.rb, up_scaler.rb, down_scaler.rb
 */
export function nextDeploymentStep(view: DeploymentView): DeploymentStep {
  const { counts, deploying, maxInFlight, targetNew } = view;
  const mayGrow =
    counts.starting < maxInFlight &&
    counts.unhealthy === 0 &&
    // Fewer than that: Diego has not yet heard of the last growth.
    counts.routable >= deploying.instances - maxInFlight;
  const others = shrunk(view);
  if (!mayGrow && others.size === 0) return NOTHING;
  if (deploying.instances >= targetNew && counts.routable >= targetNew) {
    return { deployingInstances: null, others, finished: true };
  }
  const grown = Math.min(counts.routable + maxInFlight, targetNew);
  return { deployingInstances: mayGrow && grown !== deploying.instances ? grown : null, others, finished: false };
}

/** Old instances that are no longer needed go, the oldest process's first. */
function shrunk({ others, targetTotal, counts }: DeploymentView): Map<string, number> {
  const changes = new Map<string, number>();
  const wanted = Math.max(targetTotal - counts.routable, 0);
  let surplus = others.reduce((sum, { instances }) => sum + instances, 0) - wanted;
  for (const { guid, instances } of others) {
    if (surplus <= 0) break;
    const gone = Math.min(surplus, instances);
    if (gone > 0) changes.set(guid, instances - gone);
    surplus -= gone;
  }
  return changes;
}

/** New and old instances at each step of a canary deployment. CC: deployment_model.rb, canary_step_plan */
export function canarySteps(
  weights: readonly number[] | null,
  original: number,
  wanted: number | null,
): { readonly canary: number; readonly original: number }[] {
  if (weights === null) return [{ canary: 1, original }];
  const instances = wanted !== null && wanted < original ? wanted : original;
  return weights.map((weight) => {
    const canary = Math.max(1, Math.round((instances * weight) / 100));
    return { canary, original: weight === 100 ? 0 : instances - canary + 1 };
  });
}
