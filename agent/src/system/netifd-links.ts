import { describeError, type Logger } from '@sidegate/kit';
import type { Ubus } from 'node-ubus';
import type { Links } from '../ports/index.ts';

/** Links as the kernel tells, and what netifd says of its interfaces besides: a WAN that is up has its routes. */
export const withNetifdEvents = (links: Links, ubus: Ubus, log: Logger): Links => ({
  ...links,
  watch(onChange) {
    const kernel = links.watch(onChange);
    const onNotify = () => {
      onChange('address');
      return undefined;
    };
    const subscribing = ubus.subscribe('network.interface', onNotify, { waitForObject: true });
    subscribing.catch((error: unknown) => log.debug('watch netifd', { why: describeError(error) }));
    return {
      [Symbol.dispose]() {
        kernel[Symbol.dispose]();
        void subscribing.then((subscription) => subscription.stop()).catch(() => undefined);
      },
    };
  },
});
