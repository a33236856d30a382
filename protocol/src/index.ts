/**
 * The wire contract of Sidegate: schemas, types, limits and frames that agent, broker and web UI share.
 * Isomorphic (browser and Node), imports nothing of ours. A schema and its type carry the same name.
 */
export * from './access-log.ts';
export * from './discovery-api.ts';
export * from './edge-api.ts';
export * from './edge-status.ts';
export * from './errors.ts';
export * from './forwarding-api.ts';
export * from './host-address.ts';
export * from './ids.ts';
export * from './limits.ts';
export * from './node-api.ts';
export * from './portal-api.ts';
export * from './probe-frame.ts';
export * from './profile.ts';
export * from './publication-file.ts';
export * from './relay-api.ts';
export * from './render-hosts-csv.ts';
export * from './template-api.ts';
export * from './wake-api.ts';
