/** A cable modem's page on 80, as far as anybody gets without its password. */
import { once } from 'node:events';
import { createDeviceServer } from './serve.ts';

const PAGE = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>TC4400 Cable Modem</title></head>
<body><h1>TC4400 DOCSIS 3.1 Cable Modem</h1><p>Downstream: locked. Upstream: locked.</p></body>
</html>
`;

const web = createDeviceServer('micro_httpd', {
  '/': () => ({ type: 'text/html; charset=utf-8', body: PAGE }),
});
await once(web.listen(80), 'listening');
console.log('ready');
