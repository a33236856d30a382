/** The demo's world, for the end-to-end tests and the benches. */
export { openBrowser } from './browser.ts';
export { doLogIn, doMainJob, type MainJobResult, type Observe } from './main-job.ts';
export { ROOT } from './paths.ts';
export * from './world.ts';
