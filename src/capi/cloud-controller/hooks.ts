import type { Actor } from "./audit-events.ts";

/** The actor is who deletes the space. */
type SpaceEmptying = (spaceGuid: string, actor: Actor, signal: AbortSignal) => Promise<void>;

/**
 * News that the network side of the Cloud Controller tells the side that runs apps. Listeners are registered with the resources, return
 * at once and look after their own retries; what they hear of is already on its way to disk.
 */
export class Hooks {
  readonly #processRouting: ((processGuids: readonly string[]) => void)[] = [];
  readonly #securityGroups: ((spaceGuids: readonly string[] | null) => void)[] = [];
  readonly #spaceEmptying: SpaceEmptying[] = [];

  /** Routes or destinations of these processes changed: their desired LRPs need new routes. */
  onProcessRoutingChanged(listener: (processGuids: readonly string[]) => void): void {
    this.#processRouting.push(listener);
  }

  /** Egress rules of these spaces changed (null: of all). Holds for containers that start from now on. */
  onSecurityGroupsChanged(listener: (spaceGuids: readonly string[] | null) => void): void {
    this.#securityGroups.push(listener);
  }

  /** A space is being deleted (by a job, which may run again): delete what you keep in it, apps first. */
  onSpaceDeleted(listener: SpaceEmptying): void {
    this.#spaceEmptying.push(listener);
  }

  processRoutingChanged(processGuids: readonly string[]): void {
    if (processGuids.length > 0) for (const listener of this.#processRouting) listener(processGuids);
  }

  securityGroupsChanged(spaceGuids: readonly string[] | null): void {
    for (const listener of this.#securityGroups) listener(spaceGuids);
  }

  async emptySpace(spaceGuid: string, actor: Actor, signal: AbortSignal): Promise<void> {
    for (const listener of this.#spaceEmptying) await listener(spaceGuid, actor, signal);
  }
}
