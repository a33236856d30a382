/** The mesh as a whole: not enrolled, down, or up; asked by a person, remembered over reboots. One wish at a time. */
import { createSingleFlight, createTurns } from '@sidegate/kit';
import type { DownRequest, UpRequest, UpResponse } from '@sidegate/protocol';
import { AgentError } from '../../errors.ts';
import type { PluginHost } from '../../plugin-api/index.ts';
import { publicKeyOf } from '../../tunnel/key-pair.ts';
import { type BrokerClient, createBrokerClient } from './broker/broker-client.ts';
import { createApprovalDesk } from './joining/approval-desk.ts';
import { joinWithKey, requestApproval } from './joining/enrolment.ts';
import { createIdentityStore, type Identity } from './joining/identity.ts';
import { removeStoredMap } from './map/map-store.ts';
import type { MeshConfig } from './mesh-config.ts';
import { claimMeshFacts } from './mesh-facts.ts';
import { MESH_WARNINGS, trackHealth } from './mesh-health.ts';
import { openMeshSession } from './mesh-session.ts';
import { createSessionHolder } from './session-holder.ts';

/** `sidegate up` waits this long for the tunnel before it says "starting". */
const UP_PATIENCE_MS = 8_000;
/** `sidegate down` is for the machine: the broker hears of it if it can be reached just now. */
const FAREWELL_MS = 2_000;

export interface MeshService {
  /** Takes up what was wished before this process began. */
  start(): Promise<void>;
  stop(): Promise<void>;
  up(request: UpRequest, signal: AbortSignal): Promise<UpResponse>;
  down(request: DownRequest): Promise<void>;
  /** Reads the tunnel anew, so that what is shown is not a second old. */
  refresh(): Promise<void>;
}

/** Nothing happens before `start`. */
export const createMeshService = (plainHost: PluginHost, config: MeshConfig): MeshService => {
  const health = trackHealth(plainHost.health);
  const host: PluginHost = { ...plainHost, health };
  const { clock, log, ports, hooks, platform } = host;
  const store = createIdentityStore(ports.files);
  const facts = claimMeshFacts(host);
  let identity: Identity | undefined;
  /** A newer agent wrote what is on disk: it is not ours to replace. */
  let isNewer = false;
  let isStopped = false;
  /** Wishes of people and of the broker. */
  const inTurn = createTurns();
  const inBackground = (task: () => Promise<void>): void =>
    void inTurn(task).catch((error: unknown) => log.error('change the state of the mesh', { error }));

  const clientOf = (brokerUrl: string): BrokerClient => createBrokerClient(brokerUrl, clock);
  const sessions = createSessionHolder({ clock, log, health, onRetry: () => inBackground(openSession) });
  const approval = createApprovalDesk({
    files: ports.files,
    clock,
    clientOf,
    onDecided: (outcome) => {
      if (typeof outcome === 'string') health.raise(MESH_WARNINGS.enrolmentDenied);
      inBackground(async () => {
        approval.noteDecided();
        if (typeof outcome !== 'string' && identity === undefined) await begin(outcome);
        await approval.forget();
      });
    },
  });
  const setIdentity = async (next: Identity | undefined) => {
    if (next === undefined) await store.remove();
    else await store.save(next);
    identity = next;
    isNewer = false;
    publishIdentity();
  };
  const publishIdentity = () => {
    facts.setTicketKey(identity?.enrolment.ticketKey);
    facts.setLife({
      brokerUrl: identity?.brokerUrl,
      publicKey: identity === undefined ? undefined : publicKeyOf(identity.privateKey),
    });
  };
  const openSession = async () => {
    if (identity === undefined || sessions.current() !== undefined || isStopped) return;
    facts.setLife({ state: 'starting' });
    const deps = {
      host,
      config,
      identity,
      client: clientOf(identity.brokerUrl),
      facts,
      healthCodes: health.codes,
      onRevoked: (reason: string) => inBackground(() => forget(reason)),
      onCloned: () => inBackground(standAside),
    };
    await sessions.open(() => openMeshSession(deps));
  };
  /** The machine as it was: no interface, no wishes, no facts. */
  const leaveNothing = async () => {
    await sessions.end();
    hooks.firewall.clear();
    hooks.names.clear();
    for (const code of health.codes()) health.clear(code);
    if (isNewer) health.raise(MESH_WARNINGS.identityNewer);
    facts.setMap(undefined);
    facts.setTunnel(undefined);
    facts.setCandidates(undefined);
    facts.setPeers([]);
    await ports.tunnel.remove(config.interfaceName);
    facts.setLife({
      state: identity === undefined ? 'not-enrolled' : 'down',
      brokerConnected: false,
      beaconReachable: false,
    });
  };
  const forget = async (reason: string) => {
    log.info('this machine leaves its account', { why: reason });
    await setIdentity(undefined);
    await removeStoredMap(ports.files);
    await leaveNothing();
  };
  /** Two tunnels with one key take each other's packets. A restart or `up` tries again: the other may be gone by then. */
  const standAside = async () => {
    log.warn('another machine runs with the identity of this one; the mesh goes down here');
    await leaveNothing();
    health.raise(MESH_WARNINGS.identityCloned);
  };
  const leave = ({ brokerUrl, token }: Identity) =>
    clientOf(brokerUrl)
      .leave(token, host.signal)
      .catch((error: unknown) => log.warn('the broker was not told that this machine left', { error }));
  const begin = async (joined: Identity) => {
    // A map of an earlier account must not come back.
    await removeStoredMap(ports.files);
    try {
      await setIdentity(joined);
    } catch (error) {
      // Nobody else will ever have this key: the broker must not keep a machine that cannot come.
      await leave(joined);
      throw error;
    }
    health.clear(MESH_WARNINGS.identityDamaged.code);
    await openSession();
  };
  const waitUntilUp = async (): Promise<UpResponse> => {
    const patience = clock.sleep(UP_PATIENCE_MS).then(() => false);
    const ready = async () => {
      await sessions.current()?.whenUp;
      await hooks.firewall.settled().catch(() => {});
      return sessions.current() !== undefined;
    };
    return { state: (await Promise.race([ready().catch(() => false), patience])) ? 'up' : 'starting' };
  };
  const join = async (request: UpRequest, signal: AbortSignal): Promise<UpResponse | undefined> => {
    const { brokerUrl, key } = request;
    if (isNewer) throw new AgentError('IDENTITY_NEWER', 'A newer version enrolled this machine');
    if (brokerUrl === undefined)
      throw new AgentError('BROKER_URL_MISSING', 'This machine has no account yet', { field: 'brokerUrl' });
    const options = { client: clientOf(brokerUrl), clock, brokerUrl, platform, request, signal };
    health.clear(MESH_WARNINGS.enrolmentDenied.code);
    // A key that works once is not spent on a machine that cannot keep what it gets for it.
    await store.ensureRoom();
    if (key !== undefined) {
      const joined = await joinWithKey({ ...options, key });
      await approval.forget();
      await begin(joined);
      return undefined;
    }
    const asking = () => requestApproval(options);
    const { code, verificationUrl, expiresAt } = await approval.ask(brokerUrl, asking);
    return { state: 'approval-needed', code, verificationUrl, expiresAt };
  };
  const up = async (request: UpRequest, signal: AbortSignal): Promise<UpResponse> => {
    if (identity === undefined) return (await join(request, signal)) ?? (await waitUntilUp());
    const { brokerUrl } = request;
    if (brokerUrl !== undefined && new URL(brokerUrl).href !== new URL(identity.brokerUrl).href)
      throw new AgentError('ENROLLED_ELSEWHERE', `This machine belongs to ${identity.brokerUrl}`, {
        details: { brokerUrl: identity.brokerUrl },
      });
    if (identity.wanted !== 'up') await setIdentity({ ...identity, wanted: 'up' });
    await openSession();
    return await waitUntilUp();
  };
  const down = async ({ forget: isForgetting }: DownRequest) => {
    await approval.forget();
    if (isForgetting && (identity !== undefined || isNewer)) {
      if (identity !== undefined) await leave(identity);
      return await forget('a person asked for it');
    }
    const wasUp = sessions.current() !== undefined;
    if (identity !== undefined && identity.wanted !== 'down')
      await setIdentity({ ...identity, wanted: 'down' });
    await leaveNothing();
    if (wasUp) await sayFarewell();
  };
  /** After the tunnel is gone, whose keepalives would say the contrary. */
  const sayFarewell = async () => {
    if (identity === undefined) return;
    const late = new AbortController();
    using _timer = clock.after(FAREWELL_MS, () => late.abort(new Error('The broker did not answer in time')));
    await clientOf(identity.brokerUrl)
      .goOffline(identity.token, AbortSignal.any([host.signal, late.signal]))
      .catch((error: unknown) => log.debug('the broker was not told that this machine is down', { error }));
  };
  const takeUp = async () => {
    const loaded = await store.load();
    if (typeof loaded === 'object') identity = loaded;
    isNewer = loaded === 'newer';
    publishIdentity();
    if (identity?.wanted === 'up') await openSession();
    else await leaveNothing();
    if (loaded === 'damaged') health.raise(MESH_WARNINGS.identityDamaged);
    const join = await approval.load();
    if (join === undefined || isNewer) return;
    if (identity === undefined) approval.wait(join);
    else await approval.forget();
  };
  const refreshing = createSingleFlight(async () => await sessions.current()?.refresh());
  return {
    start: () => inTurn(takeUp),
    async stop() {
      isStopped = true;
      await approval.end();
      await inTurn(sessions.end);
    },
    up: (request, signal) => inTurn(() => up(request, signal)),
    down: (request) => inTurn(() => down(request)),
    refresh: () => refreshing.request(),
  };
};
