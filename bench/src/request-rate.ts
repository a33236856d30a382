/** How many requests a second, each over a connection of its own: `request-rate.ts URL SECONDS`, the answer on stdout. */
import { Agent, get } from 'node:http';
import { performance } from 'node:perf_hooks';

const CONCURRENCY = 16;
const [url, seconds] = process.argv.slice(2);
const agent = new Agent({ keepAlive: false });
const endsAtMs = performance.now() + Number(seconds) * 1000;
let count = 0;

const ask = () =>
  new Promise<void>((resolve, reject) => {
    get(url!, { agent }, (response) => response.resume().once('end', resolve)).once('error', reject);
  });
const keepAsking = async (): Promise<void> => {
  while (performance.now() < endsAtMs) {
    await ask();
    count++;
  }
};
await Promise.all(Array.from({ length: CONCURRENCY }, keepAsking));
console.log(count / Number(seconds));
