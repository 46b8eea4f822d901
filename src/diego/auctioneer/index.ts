export { type Auctioneer, type AuctioneerDeps, startAuctioneer } from "./auctioneer.ts";
export type { AuctioneerClient, LrpStartRequest, TaskStartRequest } from "./client.ts";
export type { AuctioneerConfig } from "./config.ts";
