/**
 * What agent and broker both need and no library gives in this shape. Knows the protocol's types and Node's standard
 * library; knows nothing of routers, accounts or WireGuard.
 */
export * from './backoff.ts';
export * from './clock.ts';
export * from './emitter.ts';
export * from './errors.ts';
export * from './http/body.ts';
export * from './http/cookies.ts';
export * from './http/security-headers.ts';
export * from './http/sse.ts';
export * from './limiter.ts';
export * from './log.ts';
export * from './net.ts';
export * from './random-id.ts';
export * from './scope.ts';
export * from './secret.ts';
export * from './single-flight.ts';
export * from './turns.ts';
