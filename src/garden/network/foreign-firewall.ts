import type { Clock } from "../../kit/clock.ts";
import type { Subprocess } from "../../kit/subprocess.ts";

interface NftChain {
  readonly family?: string;
  readonly table?: string;
  readonly name?: string;
  readonly hook?: string;
  readonly policy?: string;
}

/**
 * Chains of others that drop forwarded packets by default (Docker's and most firewalls' do): whatever our own table
 * accepts, they still drop, since every table has its say. Takes the JSON of `nft -j list chains`.
 */
export function foreignForwardDrops(json: string, ownTable: string): string[] {
  const { nftables = [] } = JSON.parse(json) as { nftables?: readonly { readonly chain?: NftChain }[] };
  return nftables.flatMap(({ chain }) =>
    chain?.hook === "forward" && chain.policy === "drop" && chain.table !== ownTable
      ? [`${chain.family} ${chain.table} ${chain.name}`]
      : [],
  );
}

/** The same, of this machine; none when nft cannot say. */
export async function forwardDropsHere(
  ownTable: string,
  deps: { readonly subprocess: Subprocess; readonly clock: Clock },
): Promise<string[]> {
  const result = await deps.subprocess.run("nft", ["-j", "list", "chains"], { signal: deps.clock.deadline(5_000) });
  return result.code === 0 && result.stdout.trim() !== "" ? foreignForwardDrops(result.stdout, ownTable) : [];
}
