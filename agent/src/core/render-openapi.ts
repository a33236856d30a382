import { DEFAULTS } from '@sidegate/protocol';
import type { ApiRoute } from '../plugin-api/index.ts';

const errorResponse = {
  description: 'A stable code for programs, a sentence and a hint for people',
  content: { 'application/json': { schema: { $ref: '#/components/schemas/ErrorBody' } } },
};

const operation = (route: ApiRoute) => ({
  summary: route.summary,
  ...(route.reach === 'local' ? { description: 'On the unix socket only.' } : {}),
  parameters: [...route.path.matchAll(/:([^/]+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  })),
  responses: { '2XX': { description: 'Done' }, '4XX': errorResponse, '5XX': errorResponse },
});

const byPath = (one: ApiRoute, other: ApiRoute): number =>
  one.path === other.path ? (one.method < other.method ? -1 : 1) : one.path < other.path ? -1 : 1;

/** The local API as an OpenAPI 3.1 document, from the routes that are there now. */
export const renderOpenApi = (routes: readonly ApiRoute[], version: string): object => {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of [...routes].sort(byPath)) {
    const path = route.path.replaceAll(/:([^/]+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route) };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Sidegate agent', version },
    servers: [{ url: `http://localhost:${DEFAULTS.webPort}/api` }],
    paths,
    components: {
      schemas: {
        ErrorBody: {
          type: 'object',
          required: ['error'],
          properties: {
            error: {
              type: 'object',
              required: ['code', 'message'],
              properties: Object.fromEntries(
                ['code', 'message', 'hint', 'field'].map((name) => [name, { type: 'string' }]),
              ),
            },
          },
        },
      },
    },
  };
};
