/** Diego: diego-release, jobs/auctioneer/spec and auctioneer/cmd/auctioneer/config. */
export interface AuctioneerConfig {
  /** Weight of each container that is starting on a cell. Default 0.25. */
  readonly startingContainerWeight?: number;
  /** Containers that may be starting at once on all cells; 0: no limit. Default 0. */
  readonly startingContainerCountMax?: number;
  /** Limit of one question to a cell for its state. Default 1,000. */
  readonly cellStateMs?: number;
  /** Limit of handing work to one cell. Default 10,000. */
  readonly performMs?: number;
  /** Auctions in a row in which cells may refuse a work before it fails. Default 3. */
  readonly attemptsMax?: number;
}

export function withDefaults(config: AuctioneerConfig): Required<AuctioneerConfig> {
  return {
    startingContainerWeight: 0.25,
    startingContainerCountMax: 0,
    cellStateMs: 1_000,
    performMs: 10_000,
    attemptsMax: 3,
    ...config,
  };
}
