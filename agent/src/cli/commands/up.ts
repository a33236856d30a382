/** `sidegate up`, `sidegate down`: joining the network, leaving it. */
import { codeOf } from '@sidegate/kit';
import { type EdgeStatus, NodeRole, UpRequest, UpResponse } from '@sidegate/protocol';
import * as v from 'valibot';
import { AgentError } from '../../errors.ts';
import type { Command, CommandContext, Invocation } from '../command.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { plain } from '../output/plain-text.ts';
import { createProgressLine, type ProgressLine } from '../output/progress-line.ts';
import { renderFields } from '../output/table.ts';
import { formatCountdown } from '../output/units.ts';
import { refuseToCutShell } from './own-path.ts';
import { fetchStatus } from './status.ts';

const POLL_INTERVAL_MS = 500;
/** How long a person waits for the tunnel without asking for it, and how long with `--wait`. */
const PATIENCE_MS = { default: 15_000, wait: 120_000 } as const;
type ApprovalNeeded = Extract<UpResponse, { state: 'approval-needed' }>;

const readKey = async ({ io }: CommandContext, invocation: Invocation): Promise<string | undefined> => {
  const path = invocation.text('key-file');
  if (path === undefined) return invocation.text('key');
  const text = await io.readFile(path).catch((cause: unknown) => {
    throw new AgentError('FILE_UNREADABLE', `The file ${path} cannot be read`, { cause });
  });
  return text.trim();
};

const readRequest = async (context: CommandContext, invocation: Invocation): Promise<UpRequest> => {
  const parsed = v.safeParse(UpRequest, {
    brokerUrl: invocation.text('broker'),
    key: await readKey(context, invocation),
    name: invocation.text('name'),
    role: invocation.text('role'),
  });
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  const option = { brokerUrl: '--broker', key: '--key', name: '--name', role: '--role' }[
    v.getDotPath(issue) ?? ''
  ];
  throw new AgentError('USAGE', `${option ?? 'up'}: ${issue.message}`, { hint: 'Try `sidegate up --help`.' });
};

const sayApproval = ({ say, style }: CommandContext, { code, verificationUrl }: ApprovalNeeded): void => {
  say('This machine waits to be let into the network. Open');
  say(`\n  ${style.bold(plain(verificationUrl))}\n`);
  say(`log in, compare the code and approve:  ${style.bold(plain(code))}\n`);
};

/** The mesh plugin's warnings about the request carry codes that begin so. */
const refusalIn = ({ health }: EdgeStatus) => health.find(({ code }) => code.startsWith('enrol'));

/** Until somebody approved; throws when it was denied or too late. */
const waitForApproval = async (
  context: CommandContext,
  pending: ApprovalNeeded,
  progress: ProgressLine,
): Promise<void> => {
  const { clock, signal } = context.io;
  for (;;) {
    const status = await fetchStatus(context);
    if (status.state !== 'not-enrolled') return progress.clear();
    const leftMs = pending.expiresAt - clock.wallMs();
    const refusal = refusalIn(status);
    if (refusal !== undefined || leftMs <= 0) {
      throw new AgentError(
        'ENROLMENT_NOT_APPROVED',
        refusal?.title ?? 'Nobody approved this machine in time',
        {
          ...(refusal === undefined ? {} : { hint: refusal.hint }),
        },
      );
    }
    progress.show(
      `Waiting for approval, ${formatCountdown(leftMs)} left. Ctrl-C leaves the request pending.`,
    );
    await clock.sleep(POLL_INTERVAL_MS, signal);
  }
};

/** Until the tunnel is up, or patience ends: then `undefined`. */
const waitForUp = async (
  context: CommandContext,
  patienceMs: number,
  progress: ProgressLine,
): Promise<EdgeStatus | undefined> => {
  const { clock, signal } = context.io;
  const endMs = clock.monoMs() + patienceMs;
  for (;;) {
    const status = await fetchStatus(context);
    if (status.state === 'up' && status.node !== undefined) return status;
    if (clock.monoMs() >= endMs) return undefined;
    progress.show('Bringing the tunnel up …');
    await clock.sleep(POLL_INTERVAL_MS, signal);
  }
};

const sayUp = (context: CommandContext, { node, broker }: EdgeStatus): void => {
  if (node === undefined) return;
  context.say(`${context.style.green('up')}: this machine is ${context.style.bold(node.fqdn)}`);
  const fields: [string, string][] = [
    ['address', `${node.address4}, ${node.address6}`],
    ['account', node.account],
    ['broker', broker?.url ?? ''],
  ];
  context.say(renderFields(fields, context.style));
  if (node.role === 'edge') context.say('\nTo look for devices here: sidegate scan');
};

const comeUp = async (
  context: CommandContext,
  isPatient: boolean,
  progress: ProgressLine,
): Promise<ExitCode> => {
  const status = await waitForUp(context, isPatient ? PATIENCE_MS.wait : PATIENCE_MS.default, progress);
  progress.clear();
  if (status !== undefined) {
    context.json(status);
    sayUp(context, status);
    return EXIT.ok;
  }
  if (isPatient) throw new AgentError('TUNNEL_NOT_UP', 'The tunnel did not come up in time');
  context.json(await fetchStatus(context));
  context.say('The tunnel is still coming up: `sidegate status` says how far it is.');
  return EXIT.ok;
};

export const upCommand: Command = {
  path: ['up'],
  summary: 'Join the network, or bring the tunnel up again',
  description:
    'With an enrolment key the machine joins unattended. Without one a URL and a short code are shown, and the\ncommand waits until somebody approved the code in the portal. A machine that has joined needs neither.',
  options: [
    { name: 'broker', value: 'URL', summary: 'the broker, such as https://broker.example.com' },
    { name: 'key', value: 'KEY', summary: 'enrolment key; others may see it in the list of processes' },
    { name: 'key-file', value: 'FILE', summary: 'file with the enrolment key' },
    { name: 'name', value: 'NAME', summary: 'name in the network; default: the host name' },
    {
      name: 'role',
      value: 'ROLE',
      choices: NodeRole.options.filter((role) => role !== 'relay'),
      summary: 'what this machine is',
    },
    { name: 'wait', summary: 'fail unless the tunnel is up within two minutes' },
  ],
  examples: [
    'sidegate up --broker https://broker.example.com --key-file /root/sidegate.key --wait',
    'sidegate up --broker https://broker.example.com --name cabin',
  ],
  async run(context, invocation) {
    const answer = await context.client.ask(
      'POST',
      '/up',
      UpResponse,
      await readRequest(context, invocation),
    );
    const isPatient = invocation.has('wait');
    using progress = createProgressLine(context.io.stderr);
    if (answer.state === 'approval-needed') {
      sayApproval(context, answer);
      if (context.isJson && !isPatient) {
        context.json(answer);
        return EXIT.ok;
      }
      if (context.isJson) context.io.stderr.write(`${JSON.stringify(answer)}\n`);
      await waitForApproval(context, answer, progress);
    }
    return await comeUp(context, isPatient, progress);
  },
};

/** The daemon died and its tunnel and table stand: this process takes them back in its place. */
const takeBackWithoutDaemon = async (context: CommandContext): Promise<ExitCode> => {
  await context.io.undoChanges();
  context.json({ state: 'down', daemon: 'not-running' });
  context.say('The daemon is not running. What it had changed on this machine has been taken back.');
  return EXIT.ok;
};

export const downCommand: Command = {
  path: ['down'],
  summary: 'Take the tunnel down and leave the machine as it was',
  options: [
    { name: 'forget', summary: 'leave the network for good: forget who this machine is' },
    { name: 'yes', summary: 'even where this shell came through the network' },
  ],
  async run(context, invocation) {
    const forget = invocation.has('forget');
    try {
      if (!invocation.has('yes')) await refuseToCutShell(context);
      await context.client.ask('POST', '/down', v.unknown(), { forget });
    } catch (error) {
      if (codeOf(error) !== 'DAEMON_NOT_RUNNING' || forget) throw error;
      return await takeBackWithoutDaemon(context);
    }
    context.json({ state: forget ? 'not-enrolled' : 'down' });
    context.say(
      forget ? 'Down, and out of the network. `sidegate up` joins anew.' : 'Down. `sidegate up` comes back.',
    );
    return EXIT.ok;
  },
};
