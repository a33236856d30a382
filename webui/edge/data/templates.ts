/** What is published of hosts of one sort. */
import type { Host, Template, TemplatePlan, TemplateView } from '@sidegate/protocol';
import type { ApiClient } from '../../shared/data/api-client.ts';
import { createLiveValue, type Live } from '../../shared/data/live.ts';
import type { EdgeStream } from './edge-stream.ts';

/** The templates; fetched when asked to, for they change by what people do. */
export const watchTemplates = (api: ApiClient, stream: EdgeStream): Live<readonly TemplateView[]> =>
  createLiveValue({ stream, load: (signal) => api.get<TemplateView[]>('/templates', signal) });

/** To one host, or to all that match. */
export const applyTemplate = (
  api: ApiClient,
  name: string,
  { hostId, isDryRun }: { readonly hostId?: Host['id'] | undefined; readonly isDryRun: boolean },
): Promise<TemplatePlan> =>
  api.post(`/templates/${name}/apply${isDryRun ? '?dryRun=1' : ''}`, hostId === undefined ? {} : { hostId });

/** Adds one, or replaces that of its name. */
export const saveTemplate = (api: ApiClient, template: Template): Promise<TemplateView> =>
  api.post('/templates', template);

/** What one that is not there yet would publish now. */
export const planTemplate = (api: ApiClient, template: Template): Promise<TemplatePlan> =>
  api.post('/templates?dryRun=1', template);

export const removeTemplate = (api: ApiClient, name: string): Promise<void> =>
  api.remove(`/templates/${name}`);

/** Those meant for a host that publish more of it than is published; the sort of device goes before the maker's. */
export const templatesOfHost = (templates: readonly TemplateView[], host: Host): readonly TemplateView[] =>
  templates.filter(({ hostIds }) => hostIds.includes(host.id));

/** `80 and 554`, `80, 631 and 9100`. */
export const joinWords = (words: readonly string[], and: string): string =>
  words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} ${and} ${words.at(-1)}`;
