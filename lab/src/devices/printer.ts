/** The printer's page on 631; Avahi announces it. */
import { once } from 'node:events';
import { createDeviceServer } from './serve.ts';

const model = process.argv[2] ?? 'Printer';

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${model} series</title>
<style>
  body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 38rem; padding: 0 1rem; color: #1d2733 }
  dl { display: grid; grid-template-columns: 8rem 1fr; gap: .5rem } dd { margin: 0 }
  meter { width: 100% }
</style>
</head>
<body>
<h1>${model}</h1>
<dl>
  <dt>Status</dt><dd>Ready</dd>
  <dt>Toner</dt><dd><meter min="0" max="100" value="62">62 %</meter></dd>
  <dt>Paper</dt><dd>A4, tray 1</dd>
</dl>
</body>
</html>
`;

const server = createDeviceServer('debut/1.30', {
  '/': () => ({ type: 'text/html; charset=utf-8', body: PAGE }),
});
await once(server.listen(631), 'listening');
console.log('ready');
