/** Which node a request is from, by its bearer token. */
import type { IncomingMessage } from 'node:http';
import { BrokerError } from '../errors.ts';
import type { BrokerService } from '../service/broker-service.ts';
import type { Node } from '../service/node.ts';
import { hashSecret } from '../service/secrets.ts';
import { bearerOf } from './request-context.ts';

/** Finds the node, or throws `NODE_REVOKED` or `NODE_TOKEN_UNKNOWN`. */
export const createNodeGuard =
  ({ registry }: Pick<BrokerService, 'registry'>) =>
  (request: IncomingMessage): Node => {
    const hash = hashSecret(bearerOf(request) ?? '');
    const node = registry.findByToken(hash);
    if (node !== undefined) return node;
    if (registry.isRevoked(hash)) throw new BrokerError('NODE_REVOKED', 'This node was removed');
    throw new BrokerError('NODE_TOKEN_UNKNOWN', 'No node has this token');
  };
