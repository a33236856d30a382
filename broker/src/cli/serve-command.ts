/** `sidegate-broker serve`: until a signal. */
import { type Clock, createLogger, type Logger } from '@sidegate/kit';
import type { BrokerConfig } from '../config.ts';
import { type Broker, startBroker } from '../start-broker.ts';
import { formatHostPort } from './format-host-port.ts';

const greet = (broker: Broker, config: BrokerConfig, logger: Logger, write: (text: string) => void): void => {
  logger.info('the broker serves', {
    url: broker.url,
    address: formatHostPort({ ...config.http, port: broker.httpPort }),
  });
  for (const { endpoints } of broker.beacons)
    for (const endpoint of endpoints) logger.info('a beacon listens', { endpoint });
  if (broker.setupCode === undefined) return;
  // For a person's eyes, and not for the log: whoever has it owns the broker.
  write(`\n  Set up this broker at ${broker.url}/\n  Set-up code: ${broker.setupCode}\n\n`);
};

/** Serves until `signal` aborts. */
export const runServe = async (
  config: BrokerConfig,
  clock: Clock,
  signal: AbortSignal,
  write: (text: string) => void,
): Promise<void> => {
  const logger = createLogger({ level: config.logLevel, clock });
  const broker = await startBroker({ config, clock, logger });
  greet(broker, config, logger, write);
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
  logger.info('the broker stops');
  await broker.stop();
};
