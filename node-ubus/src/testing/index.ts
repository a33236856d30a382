export { type Bus, createBus } from './bus.ts';
export type { BusClient, BusObject } from './bus-parts.ts';
export { startTestUbusd, type TestUbusd, type TestUbusdOptions } from './ubusd.ts';
