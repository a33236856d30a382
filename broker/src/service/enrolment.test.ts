import { afterEach, describe, expect, test } from 'vitest';
import { hashSecret } from './secrets.ts';
import { createTestWorld, describeCheckIn, describeNode } from './testing/create-test-service.ts';

const { current, open, stop } = createTestWorld();
afterEach(stop);

describe('enrolment', () => {
  test('names and addresses are unique, and not given out again when a node leaves', async () => {
    const { owner, enrol, service } = await open();
    const one = await enrol(owner, 'edge', 'home');
    const other = await enrol(owner, 'edge', 'home');
    expect([one.name, other.name]).toEqual(['home', 'home-2']);
    expect([one.address4, other.address4]).toEqual(['100.64.0.10', '100.64.0.11']);
    await service.nodes.remove(owner, other.nodeId);
    const third = await enrol(owner, 'edge', 'home');
    expect([third.name, third.address4]).toEqual(['home-2', '100.64.0.12']);
  });

  test('a single-use key lets exactly one of many at once in', async () => {
    const { addKey, owner, service } = await open();
    const { secret } = await addKey(owner, 'edge');
    const tries = await Promise.allSettled(
      Array.from({ length: 5 }, () => service.enrolment.enrolByKey({ key: secret, node: describeNode() })),
    );
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const result of tries) {
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'ENROLMENT_KEY_USED' });
    }
    expect(service.nodes.list(owner)).toHaveLength(1);
  });

  test('a machine that did not get the answer asks again and is the same one, until it was seen', async () => {
    const { addKey, owner, service } = await open();
    const { secret } = await addKey(owner, 'edge');
    const node = describeNode();
    const lost = await service.enrolment.enrolByKey({ key: secret, node });
    const got = await service.enrolment.enrolByKey({ key: secret, node });
    expect({ ...got, token: '' }).toEqual({ ...lost, token: '' });
    expect(service.registry.findByToken(hashSecret(lost.token))).toBeUndefined();
    const another = service.enrolment.enrolByKey({ key: secret, node: describeNode() });
    await expect(another).rejects.toMatchObject({ code: 'ENROLMENT_KEY_USED' });
    service.checkIn(service.registry.findByToken(hashSecret(got.token))!, describeCheckIn());
    const late = service.enrolment.enrolByKey({ key: secret, node });
    await expect(late).rejects.toMatchObject({ code: 'ENROLMENT_KEY_USED' });
  });

  test('a failed enrolment does not use the key up', async () => {
    const { addKey, owner, addNode, service } = await open();
    const known = await addNode(owner, 'edge', 'alder');
    const { secret, key } = await addKey(owner, 'edge');
    const node = describeNode({ publicKey: known.identity.publicKey });
    await expect(service.enrolment.enrolByKey({ key: secret, node })).rejects.toMatchObject({
      code: 'NODE_ALREADY_ENROLLED',
    });
    expect((await service.keys.list(owner)).find(({ id }) => id === key.id)).toMatchObject({
      uses: 0,
      state: 'valid',
    });
  });

  test('addresses go on from the start after the last of the prefix', async () => {
    const { owner, enrol, account, store } = await open();
    await store.accounts.moveAddressCursor(account.id, 2 ** 22 - 3);
    const last = await enrol(owner, 'edge', 'last');
    const wrapped = await enrol(owner, 'edge', 'first');
    expect([last.address4, wrapped.address4]).toEqual(['100.127.255.254', '100.64.0.10']);
  });

  test('a full prefix lets nobody in, until removed nodes are forgotten', async () => {
    const { owner, enrol, store, clock } = await open('service', '10.9.8.0/24');
    for (let at = 0; at < 245; at++) await enrol(owner, 'edge', 'home');
    await expect(enrol(owner, 'edge', 'home')).rejects.toMatchObject({ code: 'ADDRESSES_EXHAUSTED' });
    const [first] = current().service.nodes.list(owner);
    await current().service.nodes.remove(owner, first!.id);
    await expect(enrol(owner, 'edge', 'home')).rejects.toMatchObject({ code: 'ADDRESSES_EXHAUSTED' });
    await store.nodes.forgetRemoved(clock.wallMs() + 1);
    expect((await enrol(owner, 'edge', 'home')).address4).toBe(first!.address4);
  });

  test('with a code: a person approves, the machine collects its identity, once', async () => {
    const { owner, service } = await open();
    const node = describeNode({ role: 'client' });
    const { code, pollToken, verificationUrl } = await service.requests.create(node, '192.0.2.9');
    expect(verificationUrl).toBe(`https://broker.example.com/approve?code=${code}`);
    expect(await service.requests.poll(pollToken)).toEqual({ state: 'pending' });
    expect(await service.requests.find(owner, code.toLowerCase())).toMatchObject({
      fromAddress: '192.0.2.9',
    });
    const approved = await service.requests.approve(owner, code);
    const answer = await service.requests.poll(pollToken);
    expect(answer).toMatchObject({ state: 'approved', enrolment: { nodeId: approved.id } });
    service.checkIn(approved, describeCheckIn());
    expect(await service.requests.poll(pollToken)).toEqual({ state: 'expired' });
    await expect(service.requests.approve(owner, code)).rejects.toMatchObject({
      code: 'ENROLMENT_REQUEST_UNKNOWN',
    });
  });

  test('with a code: denied, expired, and by somebody who may not', async () => {
    const { owner, addUser, service, clock } = await open();
    const denied = await service.requests.create(describeNode(), '192.0.2.9');
    const late = await service.requests.create(describeNode(), '192.0.2.9');
    const member = await addUser('member');
    await expect(service.requests.approve(member, denied.code)).rejects.toMatchObject({
      code: 'ROLE_FORBIDDEN',
    });
    await service.requests.deny(owner, denied.code);
    expect(await service.requests.poll(denied.pollToken)).toEqual({ state: 'denied' });
    await clock.advance(900_000);
    expect(await service.requests.poll(late.pollToken)).toEqual({ state: 'expired' });
    await expect(service.requests.approve(owner, late.code)).rejects.toMatchObject({
      code: 'ENROLMENT_REQUEST_UNKNOWN',
    });
    await expect(service.requests.poll('sgp_nonsense')).rejects.toMatchObject({
      code: 'ENROLMENT_REQUEST_UNKNOWN',
    });
  });
});
