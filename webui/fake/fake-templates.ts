/** The fake edge's templates: each forward gets the next port. */
import {
  type Forward,
  Template,
  type TemplatePlan,
  type TemplateStep,
  TemplateUse,
  type TemplateView,
} from '@sidegate/protocol';
import type { EdgeData } from './edge-data.ts';
import { makeForward } from './edge-publications.ts';
import { FakeError, type FakeRequest, readBody } from './fake-api.ts';

/** With the hosts that match now. */
export const listTemplates = ({ templates, hosts }: EdgeData): TemplateView[] =>
  templates.map((template) => ({
    ...template,
    hostIds: [...hosts.values()]
      .filter(
        ({ kind, mac = '' }) =>
          template.kinds.includes(kind) || template.macPrefixes.some((prefix) => mac.startsWith(prefix)),
      )
      .map(({ id }) => id),
  }));

/** Publishes what is not published yet. */
export const applyTemplate = (
  data: EdgeData,
  name: string,
  { body, query }: FakeRequest,
  add: (forward: Forward) => void,
): TemplatePlan => {
  const template = listTemplates(data).find((one) => one.name === name);
  if (template === undefined) throw new FakeError(404, 'TEMPLATE_NOT_FOUND', `There is no template ${name}`);
  const { hostId } = readBody(TemplateUse, body);
  return publish(data, template, hostId, query.get('dryRun') === '1', add);
};

/** Adds one or replaces it, or says what it would publish. */
export const addTemplate = (data: EdgeData, { body, query }: FakeRequest): TemplatePlan | TemplateView => {
  const template = readBody(Template, body);
  const others = data.templates.filter(({ name }) => name !== template.name);
  const next = { ...data, templates: [...others, { ...template, from: 'here' as const, hostIds: [] }] };
  const view = listTemplates(next).at(-1)!;
  if (query.get('dryRun') === '1') return publish(data, view, undefined, true, () => {});
  data.templates = next.templates;
  return view;
};

const publish = (
  data: EdgeData,
  template: TemplateView,
  hostId: string | undefined,
  isDryRun: boolean,
  add: (forward: Forward) => void,
): TemplatePlan => {
  let edgePort = Math.max(8000, ...[...data.forwards.values()].map((one) => one.edgePort));
  const steps = (hostId === undefined ? template.hostIds : [hostId]).flatMap((id) => {
    const host = data.hosts.get(id)!;
    return template.ports.map((text): TemplateStep => {
      const port = Number.parseInt(text, 10);
      const step = { hostId: host.id, hostName: host.name };
      const there = [...data.forwards.values()].find(
        ({ target, targetPort }) => target.kind === 'host' && target.hostId === id && targetPort === port,
      );
      if (there !== undefined)
        return { ...step, what: 'present', title: `${text}/tcp by port ${there.edgePort}` };
      edgePort += 1;
      const address = host.addresses[0] ?? '';
      const label = `${host.name} ${text}`;
      if (!isDryRun)
        add(
          makeForward({
            edgePort,
            protocol: 'tcp',
            host,
            address,
            targetPort: port,
            label,
            isWeb: port === 80,
          }),
        );
      return { ...step, what: 'added', title: `${text}/tcp by port ${edgePort}` };
    });
  });
  return { isApplied: !isDryRun, steps };
};
