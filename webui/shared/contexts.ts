/** What panels receive from their app, one context per concern. */
import { createContext } from '@lit/context';
import type { ApiClient } from './data/api-client.ts';
import type { Router } from './routing/router.ts';

/** The client of the app's API. */
export const apiContext = createContext<ApiClient>(Symbol('sg-api'));
/** Where the app is. */
export const routerContext = createContext<Router>(Symbol('sg-router'));
