/** The storage box's page over HTTPS on 443; the SSH server beside it is real. Arguments: name, directory of key and certificate. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { answerWith } from './serve.ts';

const [name = 'nas', directory = '.'] = process.argv.slice(2);

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${name} - DiskStation</title>
<style>
  body { font: 15px/1.5 system-ui, sans-serif; min-height: 90vh; display: grid; place-items: center; background: #10304f; color: #fff }
  form { background: #fff; color: #10304f; padding: 2rem; border-radius: .6rem; display: grid; gap: .75rem; width: 16rem }
</style>
</head>
<body>
<form><h1>${name}</h1><label>User <input autocomplete="username"></label><button disabled>Sign in</button></form>
</body>
</html>
`;

const tls = {
  key: readFileSync(join(directory, 'key.pem')),
  cert: readFileSync(join(directory, 'certificate.pem')),
};
const server = createServer(
  tls,
  answerWith('nginx', { '/': () => ({ type: 'text/html; charset=utf-8', body: PAGE }) }),
);
await once(server.listen(443), 'listening');
console.log('ready');
