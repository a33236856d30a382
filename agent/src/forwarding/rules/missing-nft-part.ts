/** Does what nft said mean that the kernel lacks a module? It says so in the words of errno: ENOENT, EOPNOTSUPP. */
export const isNftPartMissing = (said: string): boolean =>
  /Could not process rule: (No such file or directory|Operation not supported|Not supported)/.test(said);

/** What to do about it. */
export const MISSING_NFT_PART_HINT =
  'Install kmod-nft-nat (OpenWrt). Elsewhere the running kernel may have been upgraded since it started: reboot.';
