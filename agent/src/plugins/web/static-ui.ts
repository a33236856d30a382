/** The built web UI from its directory, and a page that says so where it was not built. */
import { existsSync, type ReadStream } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HttpError } from '@sidegate/kit';
import sirv from 'sirv';
import { AgentError } from '../../errors.ts';
import { isRead } from './request-guard.ts';

/** Where the UI may lie: beside the installed bundle; in the workspace, seen from the bundle and from this file. */
const PLACES = ['./webui/edge/', '../../webui/dist/edge/', '../../../../webui/dist/edge/'].map((place) =>
  fileURLToPath(new URL(place, import.meta.url)),
);
const isBuilt = (directory: string): boolean => existsSync(join(directory, 'index.html'));

const NOT_BUILT_PAGE = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Sidegate</title>
<h1>The web UI is not here</h1>
<p>This machine runs Sidegate, but the pages of its web UI were not built or installed.</p>
<p>Run <code>npm run build</code> in the workspace, or install the whole package. The API and the command line work.</p>
</html>
`;

const sendNotBuilt = (request: IncomingMessage, response: ServerResponse): void => {
  if (!request.headers.accept?.includes('text/html')) {
    throw new AgentError('UI_NOT_BUILT', 'The web UI was not built');
  }
  response.writeHead(503, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' });
  response.end(NOT_BUILT_PAGE);
};

/** sirv pipes a file and forgets it: a reader who leaves would keep it open, a vanished file would end the process. */
const ownPipedFile = (response: ServerResponse): void => {
  response.once('pipe', (file: ReadStream) => {
    file.on('error', () => response.destroy());
    response.once('close', () => file.destroy());
  });
};

/** Answers reads of pages and their parts; unknown paths without an extension get the one page there is. */
export const createStaticUi = (
  configured: string | undefined,
): ((request: IncomingMessage, response: ServerResponse) => void) => {
  const directory = configured ?? PLACES.find(isBuilt) ?? PLACES[0]!;
  // `dev` looks at the disk for each request, so that an upgrade or a build while the agent runs is seen.
  const serve = sirv(directory, {
    dev: true,
    etag: true,
    brotli: true,
    gzip: true,
    single: true,
    setHeaders(response, pathname) {
      // Names under assets/ carry a hash of their content.
      if (pathname.startsWith('/assets/'))
        response.setHeader('cache-control', 'public, max-age=31536000, immutable');
    },
  });
  return (request, response) => {
    if (!isRead(request.method)) throw new HttpError('METHOD_NOT_ALLOWED', 'Pages can only be read');
    if (!isBuilt(directory)) return sendNotBuilt(request, response);
    // Parts of files of a few kilobytes are of no use to anyone.
    delete request.headers.range;
    ownPipedFile(response);
    serve(request, response, () => {
      throw new HttpError('NOT_FOUND', 'There is no such page here');
    });
  };
};
