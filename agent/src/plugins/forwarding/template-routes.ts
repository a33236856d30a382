/** `/templates` of the local API. */
import { Template, TemplateUse } from '@sidegate/protocol';
import type { PluginHost } from '../../plugin-api/index.ts';
import { isDryRun } from './forward-routes.ts';
import type { TemplateDesk } from './template-desk.ts';

/** Adds the routes. */
export const addTemplateRoutes = ({ hooks: { api } }: PluginHost, desk: TemplateDesk): void => {
  api.add({
    method: 'GET',
    path: '/templates',
    summary: 'What is published of hosts of one sort, and which hosts those are',
    handler: async () => desk.list(),
  });
  api.add({
    method: 'POST',
    path: '/templates',
    summary: 'Adds a template, or replaces one that was added; `?dryRun=1` shows what it would publish now',
    handler: async (request) => {
      const template = await request.readBody(Template);
      if (isDryRun(request)) return desk.preview(template, request.actor.name);
      await desk.add(template);
      return desk.list().find(({ name }) => name === template.name);
    },
  });
  api.add({
    method: 'DELETE',
    path: '/templates/:name',
    summary: 'Removes a template that was added; what it published stays',
    handler: ({ params }) => desk.remove(params.name ?? ''),
  });
  api.add({
    method: 'POST',
    path: '/templates/:name/apply',
    summary: 'Publishes one host, or all that match; `?dryRun=1` shows what would be done',
    handler: async (request) => {
      const { hostId } = await request.readBody(TemplateUse);
      const { name = '' } = request.params;
      return desk.apply(name, { hostId, isDryRun: isDryRun(request), user: request.actor.name });
    },
  });
};
