/**
 * Many small web servers in one process. Arguments: `address:port`, as many as there are; each calls itself
 * `Device <last number of its address>`.
 */
import { once } from 'node:events';
import { createDeviceServer } from './serve.ts';

await Promise.all(
  process.argv.slice(2).map(async (where) => {
    const [address = '', port] = where.split(':');
    const body = `<!doctype html><title>Device ${address.split('.').at(-1)}</title>`;
    const server = createDeviceServer('crowd', { '/': () => ({ type: 'text/html', body }) });
    await once(server.listen(Number(port), address), 'listening');
  }),
);
console.log('ready');
