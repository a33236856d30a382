/** The portal's built files; every address that is no file is the app itself, which knows what to show there. */
import { existsSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import sirv, { type RequestHandler } from 'sirv';

const NOT_BUILT = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Sidegate: the portal is not built</title>
<h1>The portal has not been built</h1>
<p>The broker runs and serves nodes, but its web pages are missing.</p>
<p>Run <code>make build</code> and load this page again, or start the broker with <code>--portal-dir</code>.</p>
</html>
`;

/** Bundlers put a hash of the content into the names of these. */
const isHashed = (path: string): boolean => path.startsWith('/assets/');

/** Creates the handler. The directory may come into being later. */
export const createStaticPortal = (directory: string) => {
  let serve: RequestHandler | undefined;
  return (request: IncomingMessage, response: ServerResponse): void => {
    if (serve === undefined && existsSync(join(directory, 'index.html'))) {
      serve = sirv(directory, {
        single: true,
        etag: true,
        gzip: true,
        brotli: true,
        setHeaders: (file, path) =>
          file.setHeader(
            'cache-control',
            isHashed(path) ? 'public, max-age=31536000, immutable' : 'no-cache',
          ),
      });
    }
    if (serve !== undefined) {
      serve(request, response);
      return;
    }
    response.writeHead(503, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' });
    response.end(NOT_BUILT);
  };
};
