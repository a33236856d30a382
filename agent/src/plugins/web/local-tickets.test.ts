import { createVirtualClock } from '@sidegate/kit';
import { expect, it } from 'vitest';
import { createLocalTickets } from './local-tickets.ts';

it('is good once', () => {
  const tickets = createLocalTickets(createVirtualClock());
  const { ticket } = tickets.issue();
  expect(tickets.use(ticket)).toEqual({ login: undefined });
  expect(tickets.use(ticket)).toBe('no');
});

it('is good for half a minute', async () => {
  const clock = createVirtualClock();
  const tickets = createLocalTickets(clock);
  const { ticket, expiresAt } = tickets.issue();
  expect(expiresAt - clock.wallMs()).toBe(30_000);
  await clock.advance(30_001);
  expect(tickets.use(ticket)).toBe('no');
});

it('knows its own kind only', () => {
  const tickets = createLocalTickets(createVirtualClock());
  expect(tickets.use('eyJ0.abc')).toBeUndefined();
  expect(tickets.use('local-made-up')).toBe('no');
});

it('keeps no more than it must', () => {
  const tickets = createLocalTickets(createVirtualClock());
  const [first] = Array.from({ length: 33 }, () => tickets.issue().ticket);
  expect(tickets.use(first!)).toBe('no');
});
