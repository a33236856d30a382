export { type Bus, type BusClient, type BusObject, createBus } from './bus.ts';
export { startTestUbusd, type TestUbusd, type TestUbusdOptions } from './ubusd.ts';
