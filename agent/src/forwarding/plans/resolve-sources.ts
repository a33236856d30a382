/** Who may open a forward: from what a person says to ids, and from ids to the addresses of today's peers. Pure. */
import {
  type ForwardAllow,
  type Ip4,
  type MapPeer,
  type NewForwardAllow,
  NodeId,
  UserId,
} from '@sidegate/protocol';
import * as v from 'valibot';
import { AgentError } from '../../errors.ts';

/** What the network map tells of a peer, as far as it matters here. */
export type SourcePeer = Pick<MapPeer, 'id' | 'name' | 'address4' | 'tags' | 'owner'>;

const refuse = (field: string, message: string): AgentError =>
  new AgentError('FORWARD_SOURCE_UNKNOWN', message, { field });

const findUser = (name: string, peers: readonly SourcePeer[]): UserId => {
  const owners = peers.flatMap(({ owner }) =>
    owner?.name.toLowerCase() === name.toLowerCase() ? [owner.id] : [],
  );
  const [id, ...others] = new Set(owners);
  if (id === undefined)
    throw refuse('allow.users', `No machine that this one may talk to belongs to ${name}`);
  if (others.length > 0) throw refuse('allow.users', `${name} stands for several users`);
  return id;
};

const findNode = (name: string, peers: readonly SourcePeer[]): NodeId => {
  const peer = peers.find((one) => one.name === name.toLowerCase());
  if (peer === undefined) throw refuse('allow.nodes', `This machine knows no node ${name}`);
  return peer.id;
};

/** Names become ids, which outlive a renaming; an id is taken as it is, for its node may be away just now. */
export const planSources = (request: NewForwardAllow, peers: readonly SourcePeer[]): ForwardAllow => {
  const nodeOf = (text: string): NodeId => {
    const id = v.safeParse(NodeId, text);
    return id.success ? id.output : findNode(text, peers);
  };
  const userOf = (text: string): UserId => {
    const id = v.safeParse(UserId, text);
    return id.success ? id.output : findUser(text, peers);
  };
  return {
    nodes: [...new Set(request.nodes.map(nodeOf))],
    tags: [...new Set(request.tags)],
    users: [...new Set(request.users.map(userOf))],
  };
};

/** In words for people, and for a later change by them. */
export const describeSources = (allow: ForwardAllow, peers: readonly SourcePeer[]): string[] => [
  ...allow.nodes.map((node) => peers.find(({ id }) => id === node)?.name ?? node),
  ...allow.tags.map((tag) => `tag:${tag}`),
  ...allow.users.map((user) => `user:${peers.find(({ owner }) => owner?.id === user)?.owner?.name ?? user}`),
];

/** Addresses of the peers that are meant, in the map's order. */
export const resolveSources = (allow: ForwardAllow, peers: readonly SourcePeer[]): readonly Ip4[] =>
  peers
    .filter(
      ({ id, tags, owner }) =>
        allow.nodes.includes(id) ||
        tags.some((tag) => allow.tags.includes(tag)) ||
        (owner !== undefined && allow.users.includes(owner.id)),
    )
    .map(({ address4 }) => address4);
