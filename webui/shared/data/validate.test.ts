import { NewForward, NewUser } from '@sidegate/protocol';
import { expect, test } from 'vitest';
import { validate } from './validate.ts';

test('each wrong field gets one sentence, ours before the schema’s', () => {
  const result = validate(
    NewUser,
    { name: 'Kim', email: 'nonsense', role: 'admin', password: 'short' },
    { email: 'Ours.' },
  );
  expect(result).toEqual({ ok: false, errors: { email: 'Ours.', password: 'At least 10 characters.' } });
});

test('right input comes back parsed, defaults filled in', () => {
  const result = validate(NewForward, {
    target: { kind: 'address', address: '192.168.1.20' },
    targetPort: 80,
  });
  expect(result.ok && result.value).toMatchObject({ protocol: 'tcp', label: '', targetPort: 80 });
});
