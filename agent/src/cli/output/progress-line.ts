/** One line on a terminal that is written over again and again; nothing where there is no terminal. */
import type { TextSink } from '../cli-io.ts';

/** Disposing wipes the line. */
export interface ProgressLine extends Disposable {
  show(text: string): void;
  /** Wipes it, before other text is written. */
  clear(): void;
}

/** ECMA-48 EL: erase to the end of the line. */
const ERASE_LINE = '\r\u001b[K';

/** On stderr, so that results on stdout stay clean. */
export const createProgressLine = (sink: TextSink): ProgressLine => {
  let isShown = false;
  const clear = () => {
    if (isShown) sink.write(ERASE_LINE);
    isShown = false;
  };
  return {
    show(text) {
      if (sink.isTTY !== true) return;
      sink.write(`${ERASE_LINE}${[...text].slice(0, Math.max(1, (sink.columns ?? 80) - 1)).join('')}`);
      isShown = true;
    },
    clear,
    [Symbol.dispose]: clear,
  };
};
