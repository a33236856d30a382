/** Wakes when the next publication ends. */
import type { PluginHost } from '../../plugin-api/index.ts';

/** Wall clocks jump, so the ends of publications are looked at this often at least. */
const CHECK_MS = 60_000;
/** How soon a removal that failed is tried again; the kernel has ended it already. */
const RETRY_MS = 5_000;

/** One timer. */
export interface ExpiryTimer {
  /** These are what there is now. */
  watch(publications: readonly { readonly expiresAt?: number | undefined }[]): void;
  stop(): void;
}

/** `expire` removes what has ended, and says what is left by `watch`; it is tried again where it fails. */
export const createExpiryTimer = (
  { clock, log, signal }: Pick<PluginHost, 'clock' | 'log' | 'signal'>,
  noun: string,
  expire: () => Promise<void>,
): ExpiryTimer => {
  let timer: Disposable | undefined;
  const expireIn = (delayMs: number) => {
    timer = clock.after(delayMs, () => {
      expire().catch((error: unknown) => {
        if (signal.aborted) return;
        log.warn(`remove a ${noun} that has ended`, { error });
        expireIn(RETRY_MS);
      });
    });
  };
  return {
    watch(publications) {
      timer?.[Symbol.dispose]();
      const ends = publications.flatMap(({ expiresAt }) => (expiresAt === undefined ? [] : [expiresAt]));
      if (ends.length === 0 || signal.aborted) return;
      expireIn(Math.min(CHECK_MS, Math.max(0, Math.min(...ends) - clock.wallMs())));
    },
    stop: () => timer?.[Symbol.dispose](),
  };
};
