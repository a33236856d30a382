import { expect, test } from 'vitest';
import { innerOf, mirrorText } from './laptop-gateway.ts';

const mirror = { domain: 'acme.sidegate.internal', portalHost: 'portal.example' };

test('names outside lead to names inside', () => {
  expect(innerOf('portal.localhost:8118', mirror)).toEqual({ host: 'portal.example', port: 80 });
  expect(innerOf('alder.localhost:8118', mirror)).toEqual({ host: 'alder.acme.sidegate.internal', port: 80 });
  expect(innerOf('8001.alder.localhost', mirror)).toEqual({
    host: 'alder.acme.sidegate.internal',
    port: 8001,
  });
  expect(innerOf('127.0.0.1:8118', mirror)).toBeUndefined();
  expect(innerOf('alder.localhost.evil.example', mirror)).toBeUndefined();
});

test('addresses in an answer become what a browser outside can follow, and nothing else changes', () => {
  const text =
    '{"url":"http://alder.acme.sidegate.internal/#ticket=x","b":"http://alder.acme.sidegate.internal:8001/","c":"http://portal.example/approve"}';
  expect(mirrorText(text, mirror, '8118')).toBe(
    '{"url":"http://alder.localhost:8118/#ticket=x","b":"http://8001.alder.localhost:8118/","c":"http://portal.localhost:8118/approve"}',
  );
  for (const other of [
    'http://portal.example.org/',
    'http://acme.sidegate.internal/',
    'rtsp://alder.acme.sidegate.internal:8554/',
  ]) {
    expect(mirrorText(other, mirror, '8118')).toBe(other);
  }
});
