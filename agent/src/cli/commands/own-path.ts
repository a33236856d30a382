/**
 * The way by which the person at this shell came here, and commands that may cut it. SSH says where a shell's
 * person sits; sudo drops that, so the shells above this process are asked too.
 */
import { PeerStatus } from '@sidegate/protocol';
import * as v from 'valibot';
import { AgentError } from '../../errors.ts';
import type { CliIo } from '../cli-io.ts';
import type { Command, CommandContext } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { plain } from '../output/plain-text.ts';
import { formatCountdown } from '../output/units.ts';
import { fetchStatus } from './status.ts';

/** Shell, sudo, shell, multiplexer and the like. */
const ANCESTORS = 8;

/** The address at the other end of this shell's SSH connection, if it has one. */
export const readAuthor = async ({
  env,
  readFile,
}: Pick<CliIo, 'env' | 'readFile'>): Promise<string | undefined> => {
  const clientOf = (connection: string | undefined) => connection?.split(' ')[0] || undefined;
  if (env.SSH_CONNECTION !== undefined) return clientOf(env.SSH_CONNECTION);
  let pid = 'self';
  for (let step = 0; step < ANCESTORS; step++) {
    const status = await readFile(`/proc/${pid}/status`).catch(() => '');
    pid = /^PPid:\s*([1-9]\d*)$/m.exec(status)?.[1] ?? '';
    if (pid === '') return undefined;
    const environ = await readFile(`/proc/${pid}/environ`).catch(() => '');
    const found = clientOf(/(?:^|\0)SSH_CONNECTION=([^\0]*)/.exec(environ)?.[1]);
    if (found !== undefined) return found;
  }
  return undefined;
};

/** The path of a change, with where its author sits. */
export const withAuthor = async ({ io }: CommandContext, path: string): Promise<string> => {
  const author = await readAuthor(io);
  if (author === undefined) return path;
  return `${path}${path.includes('?') ? '&' : '?'}via=${encodeURIComponent(author)}`;
};

/** After a change, of one publication or any: says so where it will be put back. On stderr, for it is no result. */
export const warnIfPending = async (context: CommandContext, id?: string): Promise<void> => {
  const { io, client } = context;
  if ((await readAuthor(io)) === undefined) return;
  const { pending = [] } = await fetchStatus({ ...context, client });
  const change = pending.find((one) => id === undefined || one.id === id);
  if (change === undefined) return;
  const left = formatCountdown(change.endsAt - io.clock.wallMs());
  io.stderr.write(
    `warning: You came here by ${plain(change.what)}, which this cuts. It is put back in ${left} unless you run\n  sidegate confirm\n`,
  );
};

/** Throws OWN_PATH where the person at this shell came through the tunnel. */
export const refuseToCutShell = async ({ client, io }: CommandContext): Promise<void> => {
  const author = await readAuthor(io);
  if (author === undefined) return;
  const Published = v.array(v.object({ enabled: v.boolean(), targetAddress: v.optional(v.string()) }));
  const [peers, forwards, addresses] = await Promise.all([
    client.ask('GET', '/peers', v.array(PeerStatus)),
    client.ask('GET', '/forwards', Published),
    client.ask('GET', '/addresses', Published),
  ]);
  const isMesh = peers.some(({ address4, address6 }) => [address4, address6].includes(author as never));
  const isPublished = [...forwards, ...addresses].some((one) => one.enabled && one.targetAddress === author);
  if (isMesh || isPublished)
    throw new AgentError(
      'OWN_PATH',
      `You seem to have come here (from ${author}) through the network that would go down`,
    );
};

export const confirmCommand: Command = {
  path: ['confirm'],
  summary: 'Keep a change that would be put back',
  description:
    'Whoever takes away, turns off or narrows the very publication by which they came here, by SSH or in a browser,\nhas a minute to confirm it. Without confirmation it is put back, also where the daemon died in between.',
  options: [{ name: 'undo', summary: 'put the change back at once' }],
  examples: ['sidegate confirm', 'sidegate confirm --undo'],
  async run(context, invocation) {
    const isUndo = invocation.has('undo');
    const { pending = [] } = await fetchStatus(context);
    if (pending.length > 0)
      await context.client.ask('POST', `/pending/${isUndo ? 'undo' : 'confirm'}`, v.unknown(), {});
    context.json(pending);
    for (const { what } of pending)
      context.say(`${plain(what)}: ${isUndo ? 'put back' : 'the change is kept'}.`);
    if (pending.length === 0) context.say('Nothing waits to be confirmed.');
    return EXIT.ok;
  },
};
