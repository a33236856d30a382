/** Says something, or nothing, on an open connection and keeps what comes back: bounded in bytes and time. */
import type { Duplex } from 'node:stream';
import type { Clock } from '@sidegate/kit';

/** What to say, and when it is enough. */
export interface ExchangeOptions {
  readonly request?: string;
  readonly limitBytes: number;
  readonly timeoutMs: number;
  /** Enough was heard. */
  readonly isEnough: (heard: Buffer) => boolean;
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

/** What was heard until it was enough, too much, too long, or over. Destroys the stream. */
export const exchange = (stream: Duplex, options: ExchangeOptions): Promise<Buffer> =>
  new Promise((resolve) => {
    const { request, limitBytes, timeoutMs, isEnough, signal, clock } = options;
    let heard = Buffer.alloc(0);
    const finish = () => {
      timer[Symbol.dispose]();
      signal.removeEventListener('abort', finish);
      stream.destroy();
      resolve(heard);
    };
    const timer = clock.after(timeoutMs, finish);
    signal.addEventListener('abort', finish, { once: true });
    stream.on('data', (chunk: Buffer) => {
      heard = Buffer.concat([heard, chunk.subarray(0, limitBytes - heard.length)]);
      if (heard.length >= limitBytes || isEnough(heard)) finish();
    });
    stream.on('error', finish);
    stream.on('close', finish);
    stream.on('end', finish);
    if (signal.aborted) finish();
    else if (request !== undefined) stream.write(request);
  });
