/** What other packages may use of the broker: starting one, and calling its HTTP app. */
export { type BrokerConfig, type ConfigInput, parseConfig } from './config.ts';
export { BrokerError } from './errors.ts';
export { type AppDeps, createApp } from './http/app.ts';
export { type BrokerService, createBrokerService } from './service/broker-service.ts';
export { createAccount } from './service/setup.ts';
export { type Broker, type BrokerDeps, startBroker } from './start-broker.ts';
export { openStore, type Store } from './store/store.ts';
