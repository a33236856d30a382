import { createVirtualClock, silentLogger, type VirtualClock } from '@sidegate/kit';
import type { HostAddress, HostWish } from '@sidegate/protocol';
import { beforeEach, describe, expect, it } from 'vitest';
import { AgentError } from '../../errors.ts';
import { type AddressKeeper, openAddressKeeper } from './address-keeper.ts';

const CAMERA = { key: '44:47:cc:00:00:01', name: 'camera' } as HostWish;

describe('the address keeper', () => {
  let clock: VirtualClock;
  let keeper: AddressKeeper;
  let wishes: readonly HostWish[] | undefined;
  let allotted: readonly HostAddress[] | undefined;
  let asked: (readonly HostWish[])[];
  let isAway: boolean;
  const warnings = new Set<string>();

  beforeEach(() => {
    clock = createVirtualClock();
    wishes = undefined;
    allotted = [];
    asked = [];
    isAway = false;
    warnings.clear();
    keeper = openAddressKeeper({
      host: {
        clock,
        log: silentLogger,
        health: { raise: ({ code }) => void warnings.add(code), clear: (code) => void warnings.delete(code) },
        facts: {
          get: () => wishes,
          watch: () => ({ [Symbol.dispose]: () => undefined }),
        } as never,
      },
      allotted: () => allotted,
      isKnown: () => true,
      ask: async (hosts) => {
        asked.push(hosts);
        if (isAway) throw new AgentError('BROKER_UNREACHABLE', 'Reach the broker');
      },
      onAllotted: () => undefined,
    });
  });

  const settle = async () => {
    keeper.request();
    await clock.advance(0);
  };

  it('asks for nothing before somebody says what is wished for', async () => {
    allotted = [{ ...CAMERA } as HostAddress];
    await settle();
    expect(asked).toEqual([]);
  });

  it('asks for what is missing, and is content with what is there', async () => {
    wishes = [CAMERA];
    await settle();
    expect(asked).toEqual([[CAMERA]]);
    allotted = [{ ...CAMERA } as HostAddress];
    await settle();
    expect(asked).toHaveLength(1);
  });

  it('gives back what is wished for no more', async () => {
    allotted = [{ ...CAMERA } as HostAddress];
    wishes = [];
    await settle();
    expect(asked).toEqual([[]]);
  });

  it('says that the broker is away, and tries again by itself', async () => {
    wishes = [CAMERA];
    isAway = true;
    await settle();
    expect([...warnings]).toEqual(['addresses-not-allotted']);
    isAway = false;
    await clock.advance(5_000);
    expect(asked.length).toBeGreaterThan(1);
    expect([...warnings]).toEqual([]);
    await keeper[Symbol.asyncDispose]();
    const count = asked.length;
    await settle();
    expect(asked).toHaveLength(count);
  });
});
