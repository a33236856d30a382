/** `sidegate template`: publishing all hosts of one sort alike. */
import { TemplatePlan, type TemplateStep, TemplateView } from '@sidegate/protocol';
import * as v from 'valibot';
import { AgentError } from '../../errors.ts';
import type { Command, CommandContext, Invocation } from '../command.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { plain } from '../output/plain-text.ts';
import { type Column, renderTable } from '../output/table.ts';
import { formatDuration } from '../output/units.ts';
import { parseDuration } from '../parse-expiry.ts';
import { findHost } from './find-host.ts';
import { fetchHosts } from './hosts.ts';

const fetchTemplates = (context: CommandContext): Promise<TemplateView[]> =>
  context.client.ask('GET', '/templates', v.array(TemplateView));

const describeWhat = ({ as, ports, forSec, allow, fault }: TemplateView): string => {
  if (fault !== undefined) return `nothing, it is left out: ${fault}`;
  return [
    as === 'address'
      ? `an address${ports.length === 0 ? '' : ` with ${ports.join(', ')}`}`
      : ports.join(', '),
    ...(allow.length === 0 ? [] : [`for ${allow.join(', ')}`]),
    ...(forSec === undefined ? [] : [`ends after ${formatDuration(forSec * 1000)}`]),
  ].join('; ');
};

const listCommand: Command = {
  path: ['template', 'list'],
  summary: 'List templates, and how many hosts each is meant for',
  async run(context) {
    const templates = await fetchTemplates(context);
    context.json(templates);
    const columns: readonly Column[] = [
      { title: 'NAME', paint: (cell, style) => style.bold(cell) },
      { title: 'PUBLISHES', isFlexible: true },
      { title: 'OF', isFlexible: true },
      { title: 'HOSTS', isRight: true },
      { title: 'BY ITSELF' },
      { title: 'FROM' },
    ];
    const rows = templates.map((template) => [
      template.name,
      describeWhat(template),
      template.fault === undefined
        ? [...template.kinds, ...template.macPrefixes].join(', ') || 'named hosts'
        : '',
      String(template.hostIds.length),
      template.auto ? 'yes' : 'no',
      template.from,
    ]);
    context.say(renderTable(columns, rows, { style: context.style, columns: context.io.stdout.columns }));
    return EXIT.ok;
  },
};

const COLUMNS: readonly Column[] = [
  {
    title: '',
    paint: (cell, style) =>
      cell === 'refused' ? style.red(cell) : cell === 'added' ? style.green(cell) : style.dim(cell),
  },
  { title: 'HOST', isFlexible: true },
  { title: 'WHAT' },
  { title: 'WHY', isFlexible: true },
];

const saySteps = ({ say, style, io }: CommandContext, steps: readonly TemplateStep[]): void => {
  const rows = steps.map(({ what, hostName, title, why = '' }) => [what, hostName, title, why]);
  say(renderTable(COLUMNS, rows, { style, columns: io.stdout.columns }));
};

/** All steps, and what is to be said of them. */
const sayPlan = (context: CommandContext, { steps }: TemplatePlan, isDryRun: boolean): ExitCode => {
  if (steps.length === 0) {
    context.say('No known host matches: run `sidegate scan`, or name one with --host.');
    return EXIT.ok;
  }
  saySteps(context, steps);
  if (isDryRun) context.say('Nothing was changed.');
  const refused = steps.filter(({ what }) => what === 'refused').length;
  if (refused > 0) throw new AgentError('TEMPLATE_IN_PART', `${refused} of ${steps.length} were refused`);
  return EXIT.ok;
};

const wordsOf = (invocation: Invocation, option: string): string[] =>
  (invocation.text(option) ?? '')
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');

const addCommand: Command = {
  path: ['template', 'add'],
  summary: 'Add a template, or change one that was added',
  description:
    'It is meant for hosts of these kinds and for those whose hardware address begins so. With --auto every such host\nthat is found from then on is published without anybody asking: whoever can put a device on the LAN, or make one\nlook like a camera, gets it published. Hosts that are known already are left to `sidegate template apply`.',
  arguments: [{ name: 'NAME', summary: 'a-z, 0-9 and hyphens' }],
  options: [
    { name: 'ports', value: 'PORT,...', summary: 'what to publish: 80,554,161/udp,10000-10019/both' },
    { name: 'kind', value: 'KIND,...', summary: 'for hosts of these kinds: camera,doorbell' },
    { name: 'mac', value: 'PREFIX,...', summary: 'for hosts whose MAC address begins so: 44:19:b6' },
    { name: 'address', summary: 'give each an address of its own, with all ports or those named' },
    { name: 'auto', summary: 'apply it by itself to hosts that are found from now on' },
    { name: 'allow', value: 'WHO,...', summary: 'only for these: NODE, tag:TAG, user:USER' },
    { name: 'for', value: 'TIME', summary: 'what it publishes ends after this time: 2h, 3d' },
    { name: 'dry-run', summary: 'show what applying it would publish now, and change nothing' },
  ],
  examples: [
    'sidegate template add door --kind doorbell --ports 80,554',
    'sidegate template add pbx --mac 00:0b:82 --ports 443,5060/both --allow tag:support',
  ],
  async run(context, invocation) {
    const span = invocation.text('for');
    const body = {
      name: invocation.arguments[0],
      kinds: wordsOf(invocation, 'kind'),
      macPrefixes: wordsOf(invocation, 'mac'),
      ports: wordsOf(invocation, 'ports'),
      as: invocation.has('address') ? 'address' : 'forwards',
      auto: invocation.has('auto'),
      allow: wordsOf(invocation, 'allow'),
      ...(span === undefined ? {} : { forSec: Math.round(parseDuration(span) / 1000) }),
    };
    if (invocation.has('dry-run')) {
      const plan = await context.client.ask('POST', '/templates?dryRun=1', TemplatePlan, body);
      context.json(plan);
      return sayPlan(context, plan, true);
    }
    const template = await context.client.ask('POST', '/templates', TemplateView, body);
    context.json(template);
    const { name, hostIds, auto } = template;
    context.say(
      `Added ${name}; ${hostIds.length} of the known hosts match. To publish them: sidegate template apply ${name}`,
    );
    if (auto) context.say('It is applied by itself to hosts that are found from now on.');
    return EXIT.ok;
  },
};

const NAME = { name: 'TEMPLATE', summary: 'its name, as `sidegate template list` shows it' };

const removeCommand: Command = {
  path: ['template', 'remove'],
  summary: 'Remove a template that was added; what it published stays',
  arguments: [NAME],
  async run(context, invocation) {
    const name = invocation.arguments[0]!;
    await context.client.ask('DELETE', `/templates/${encodeURIComponent(name)}`, v.unknown());
    context.json({ name });
    context.say(`Removed the template ${plain(name)}. What it published stays.`);
    return EXIT.ok;
  },
};

const applyCommand: Command = {
  path: ['template', 'apply'],
  summary: 'Publish a host, or all hosts that match, as a template says',
  description: 'What is published already is left as it is. Ports of this machine are chosen.',
  arguments: [NAME],
  options: [
    { name: 'host', value: 'HOST', summary: 'only this host (name, id or address), whatever it is' },
    { name: 'dry-run', summary: 'show what would be done, and change nothing' },
  ],
  examples: [
    'sidegate template apply camera --dry-run',
    'sidegate template apply camera --host 192.168.1.64',
  ],
  async run(context, invocation) {
    const host = invocation.text('host');
    const use = host === undefined ? {} : { hostId: findHost(await fetchHosts(context), host).id };
    const name = encodeURIComponent(invocation.arguments[0]!);
    const isDryRun = invocation.has('dry-run');
    const path = `/templates/${name}/apply${isDryRun ? '?dryRun=1' : ''}`;
    const plan = await context.client.ask('POST', path, TemplatePlan, use);
    context.json(plan);
    return sayPlan(context, plan, isDryRun);
  },
};

export const templateCommands: readonly Command[] = [listCommand, addCommand, removeCommand, applyCommand];
