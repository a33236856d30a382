/** An nftables ruleset as libnftables' JSON has it (libnftables-json(5)): what the renderer gives and the adapter applies. */
export type NftObject = Readonly<Record<string, unknown>>;

/** Objects of our one table, in the order in which nft must see them: table, counters, sets, maps, chains, rules. */
export interface Ruleset {
  readonly objects: readonly NftObject[];
}
