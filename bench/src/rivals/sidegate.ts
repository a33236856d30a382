/** Ours, as a rival among others. */
import { readFileSync } from 'node:fs';
import { systemClock } from '@sidegate/kit';
import { type AgentMachine, RELAY, startAgentOn, type World } from '@sidegate/lab/demo';
import type { PeerStatus } from '@sidegate/protocol';
import { runOnFreshSession, type WireGuardSide } from '../cold-start.ts';
import type { End, Rival } from './rival.ts';

/** What an agent says of one peer. */
export const peerOf = async (agent: AgentMachine, name: string): Promise<PeerStatus> => {
  const peers = JSON.parse(await agent.sidegate('peers', '--json')) as PeerStatus[];
  const peer = peers.find((one) => one.name === name);
  if (peer === undefined) throw new Error(`${agent.name} has no peer ${name}`);
  return peer;
};

/** Starts an agent on an end and enrols it as a client of the world's account. */
export const joinWorld = async (
  world: World,
  name: string,
  { home, machine }: End,
): Promise<AgentMachine> => {
  const agent = await startAgentOn(world.lab, name, home, machine);
  const key = await world.createKey('client');
  const flags = ['--broker', world.brokerUrl, '--key', key, '--name', name, '--role', 'client'];
  try {
    await agent.sidegate('up', ...flags, '--wait');
  } catch (error) {
    console.error(`${name} did not join:\n${readFileSync(`${world.lab.directory}/${name}.log`, 'utf8')}`);
    throw error;
  }
  return agent;
};

const GREETING_MS = 1_500;

/** What an agent's WireGuard is told of a peer before anything was sent to it: the relay is where it is. */
const untalkedSide = async (agent: AgentMachine, name: string): Promise<WireGuardSide> => {
  const { address4 } = await peerOf(agent, name);
  const { stdout } = await agent.machine.run('wg', ['show', 'sg0', 'dump']);
  const row = stdout.split('\n').find((line) => line.includes(`${address4}/32`));
  const [peerKey, , , allowedIps] = row?.split('\t') ?? [];
  if (peerKey === undefined || allowedIps === undefined) throw new Error(`no peer has ${address4}`);
  const settings = ['endpoint', RELAY, 'allowed-ips', allowedIps];
  return { machine: agent.machine, interfaceName: 'sg0', peerKey, settings };
};

/** Runs a command on one agent's machine as the first that is sent to the other: through the relay, without a session. */
export const runFirstBetween = async (
  from: AgentMachine,
  to: AgentMachine,
  command: string,
): Promise<string> => {
  const [near, far] = await Promise.all([untalkedSide(from, to.name), untalkedSide(to, from.name)]);
  return await runOnFreshSession(near, far, command);
};

/** Two agents that are members already. */
export const createSidegate = async (from: AgentMachine, to: AgentMachine): Promise<Rival> => {
  const { address4 } = await peerOf(from, to.name);
  return {
    name: 'sidegate',
    address: address4,
    async start() {
      await Promise.all([from, to].map((agent) => agent.sidegate('up', '--wait')));
      // Members that return greet each other: that is over before anything is measured.
      await systemClock.sleep(GREETING_MS);
    },
    runFirst: (command) => runFirstBetween(from, to, command),
    async stop() {
      await Promise.all([from, to].map((agent) => agent.sidegate('down')));
    },
    async [Symbol.asyncDispose]() {},
  };
};
