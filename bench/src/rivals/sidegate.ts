/** Ours, as a rival among others. */
import { systemClock } from '@sidegate/kit';
import { type AgentMachine, RELAY, startAgentOn, type World } from '@sidegate/lab/demo';
import type { PeerStatus } from '@sidegate/protocol';
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
  await agent.sidegate('up', ...flags, '--wait');
  return agent;
};

const GREETING_MS = 1_500;

/** Puts a peer back to what it is before the first packet: no session, the relay as its endpoint. */
const forgetSession = async (agent: AgentMachine, name: string): Promise<void> => {
  const { address4 } = await peerOf(agent, name);
  const { stdout } = await agent.machine.run('wg', ['show', 'sg0', 'dump']);
  const row = stdout.split('\n').find((line) => line.includes(`${address4}/32`));
  const [key, , , allowedIps] = row?.split('\t') ?? [];
  if (key === undefined || allowedIps === undefined) throw new Error(`no peer has ${address4}`);
  const fresh = ['peer', key, 'endpoint', RELAY, 'allowed-ips', allowedIps];
  await agent.machine.run('wg', ['set', 'sg0', 'peer', key, 'remove', ...fresh]);
  const shaken = await agent.machine.run('wg', ['show', 'sg0', 'latest-handshakes']);
  if (!shaken.stdout.includes(`${key}\t0`)) throw new Error('the path to measure is warm already');
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
      await Promise.all([forgetSession(from, to.name), forgetSession(to, from.name)]);
    },
    async stop() {
      await Promise.all([from, to].map((agent) => agent.sidegate('down')));
    },
    async [Symbol.asyncDispose]() {},
  };
};
