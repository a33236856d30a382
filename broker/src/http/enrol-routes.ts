/** `/v1/enrol`: machines that are not nodes yet. Anybody may call, so every address has a budget. */
import { type Clock, readJson, sendJson } from '@sidegate/kit';
import { EnrolmentRequest, EnrolRequest, LIMITS } from '@sidegate/protocol';
import type { Polka } from 'polka';
import { BrokerError } from '../errors.ts';
import { type BucketRate, createTokenBuckets } from '../service/token-buckets.ts';
import {
  addressOf,
  bearerOf,
  budgetKeyOf,
  type HttpDeps,
  type Request,
  type Response,
} from './request-context.ts';

/** Enough to unpack a box of edges at one desk. */
export const ENROL_RATE: BucketRate = { burst: 30, perSec: 0.5 };

/** Adds the routes. */
export const addEnrolRoutes = (
  app: Polka,
  { service, config }: HttpDeps,
  clock: Clock,
  rate = ENROL_RATE,
): void => {
  const budget = createTokenBuckets(rate, clock);
  const spend = (request: Request): void => {
    const taken = budget.take(budgetKeyOf(addressOf(request, config)));
    if (taken.ok) return;
    const { retryAfterSec } = taken;
    throw new BrokerError('RATE_LIMITED', 'Too many enrolments from this address', {
      details: { retryAfterSec },
    });
  };

  app.post('/v1/enrol', async (request, response) => {
    spend(request);
    const body = await readJson(request, EnrolRequest, LIMITS.bodySizeBytes);
    sendJson(response, 201, await service.enrolment.enrolByKey(body));
  });

  app.post('/v1/enrol/requests', async (request, response) => {
    spend(request);
    const { node } = await readJson(request, EnrolmentRequest, LIMITS.bodySizeBytes);
    sendJson(response, 201, await service.requests.create(node, addressOf(request, config)));
  });

  app.get('/v1/enrol/requests/self', async (request: Request, response: Response) => {
    sendJson(response, 200, await service.requests.poll(bearerOf(request) ?? ''));
  });
};
