/** Node names, unique within an account. Pure. */
import { type DnsLabel, LIMITS } from '@sidegate/protocol';

/** `wished`, or `wished-2`, `wished-3` and so on where it is taken. */
export const uniqueName = (wished: DnsLabel, taken: ReadonlySet<string>): DnsLabel => {
  if (!taken.has(wished)) return wished;
  for (let number = 2; ; number++) {
    const suffix = `-${number}`;
    const stem = wished.slice(0, LIMITS.nodeNameLength - suffix.length).replace(/-+$/, '');
    if (!taken.has(stem + suffix)) return (stem + suffix) as DnsLabel;
  }
};
