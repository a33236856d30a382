/**
 * A machine without a key: it shows a code, a person approves the code in the portal, and it is a member.
 *
 *   tablet 192.168.1.3 and laptop 192.168.1.2, one office behind NAT 198.51.100.10 - internet - portal 203.0.113.10
 */
import { createWorld, doLogIn, openBrowser, startAgentOn, type World } from '@sidegate/lab/demo';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';

let world: World;
let browser: Browser;

beforeAll(async () => {
  world = await createWorld();
  browser = await openBrowser(world.lab, world.laptop.machine);
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await world?.[Symbol.asyncDispose]();
});

/** A fresh machine in the office that asks to join; resolves when its code is on the screen. */
const askToJoin = async (name: string, address: string) => {
  const machine = await world.laptop.home.addMachine(name, { address });
  const agent = await startAgentOn(world.lab, name, world.laptop.home, machine);
  const up = agent.spawn('up', '--broker', world.brokerUrl, '--role', 'client', '--name', name);
  const [code] = await up.waitForOutput(/[B-Z]{4}-[B-Z]{4}/, 20_000);
  return { agent, up, code };
};

test('the code that the terminal shows is approved in the portal, and the machine joins', async () => {
  const { agent, up, code } = await askToJoin('tablet', '192.168.1.3');
  expect(up.output()).toContain('http://portal.example/');
  const page = await (await browser.newContext()).newPage();
  await doLogIn(page, world.brokerUrl);
  await page.goto(`${world.brokerUrl}/approve?code=${code}`);
  await page.getByText('tablet').first().waitFor();
  await page.getByRole('button', { name: /^Approve/ }).click();
  await expect(up.exited).resolves.toMatchObject({ code: 0 });
  const { stdout } = await agent.machine.run('ping', [
    '-c',
    '2',
    '-i',
    '0.2',
    'alder.acme.sidegate.internal',
  ]);
  expect(stdout).toContain('0% packet loss');
}, 60_000);

test('a denied machine is told so, and stays outside', async () => {
  const { agent, up, code } = await askToJoin('stranger', '192.168.1.4');
  const page = await (await browser.newContext()).newPage();
  await doLogIn(page, world.brokerUrl);
  await page.goto(`${world.brokerUrl}/approve?code=${code}`);
  await page.getByRole('button', { name: /^Deny/ }).click();
  const { code: exitCode } = await up.exited;
  expect(exitCode).not.toBe(0);
  expect(JSON.parse(await agent.sidegate('status', '--json'))).toMatchObject({ state: 'not-enrolled' });
}, 60_000);
