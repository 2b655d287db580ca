import { ConfigurationError, silentLogger } from '@phone-agents/core';
import { untilQuiet } from '@phone-agents/simulator';
import type { OfflineAgent } from './agents/offline-agent.ts';
import { createOfflineAgent } from './agents/offline-agent.ts';
import type { RunningServer } from './server.ts';
import { startServer } from './server.ts';
import { readSettings } from './settings.ts';
import type { ProviderName } from './telephony-settings.ts';
import { PROVIDER_NAMES } from './test-support/carriers.ts';

const TOKEN = 'a-token-of-these-tests';
/** Accounts of the right form that nobody has. */
const LIVE: Readonly<Record<ProviderName, Readonly<Record<string, string>>>> = {
  twilio: { TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`, TWILIO_AUTH_TOKEN: 'secret' },
  telnyx: { TELNYX_API_KEY: 'KEY1', TELNYX_PUBLIC_KEY: Buffer.alloc(32).toString('base64') },
};
/** Settings of the right form that only the plugin can find wrong, and what it then names. */
const WRONG: Readonly<Record<ProviderName, readonly [Record<string, string>, RegExp]>> = {
  twilio: [{ TWILIO_API_KEY: 'SK1' }, /TWILIO_API_SECRET/],
  telnyx: [{ TELNYX_PUBLIC_KEY: 'too short' }, /TELNYX_PUBLIC_KEY/],
};
let offline: OfflineAgent;
let server: RunningServer | undefined;

beforeAll(async () => {
  offline = await createOfflineAgent({ keypadOnlyBecause: 'these tests press keys' });
});

afterAll(async () => {
  await offline.close();
});

afterEach(async () => {
  await server?.close();
  server = undefined;
});

/** Places a call at the server's own carrier. */
async function call(running: RunningServer, from?: string) {
  if (!running.carrier) throw new Error('There is no carrier');
  return running.carrier.placeCall({ from });
}

describe.each(PROVIDER_NAMES)('with %s', (provider) => {
  async function start(environment: Record<string, string> = {}): Promise<RunningServer> {
    const settings = readSettings({
      PORT: '0',
      API_TOKEN: TOKEN,
      PHONE_PROVIDER: provider,
      ...environment,
    });
    server = await startServer(settings, { agent: offline.agent, logger: silentLogger });
    return server;
  }

  test('a simulated call is answered, spoken to, listed with masked numbers, and ends', async () => {
    const running = await start();
    const caller = await call(running, '+15005550123');
    expect(await caller.connected).toBe(true);
    expect(await untilQuiet(caller, { quietMs: 200 })).toBe(true);
    const list = await fetch(`${running.url}/calls`, {
      headers: { authorization: `Bearer ${TOKEN}` },
    });
    const text = await list.text();
    expect(JSON.parse(text)).toEqual({
      calls: [expect.objectContaining({ state: 'streaming', from: '+•••••••••23' })],
    });
    expect(text).not.toContain('5005550123');
    caller.hangUp();
    expect(await caller.ended).toEqual({ by: 'caller' });
    await caller.settled;
    await running.drain();
    expect(running.phone.calls.activeCount).toBe(0);
  });

  test('webhooks that the provider did not sign are refused', async () => {
    const running = await start();
    expect(running.phone.provider.webhooks.length).toBeGreaterThan(0);
    for (const { path } of running.phone.provider.webhooks) {
      expect(path).toMatch(new RegExp(`^/${provider}/`));
      const response = await fetch(running.url + path, {
        method: 'POST',
        body: new URLSearchParams({ CallSid: 'CA1', From: '+15005550010' }),
      });
      expect(response.status).toBe(403);
    }
  });

  test('while it drains, new calls are refused, the live one goes on, and readiness says so', async () => {
    const running = await start();
    const live = await call(running);
    await live.connected;
    const drained = running.drain();
    expect((await fetch(`${running.url}/readyz`)).status).toBe(503);
    expect(await (await call(running)).ended).toMatchObject({ by: 'rejected', detail: 'busy' });
    expect(running.phone.calls.activeCount).toBe(1);
    live.hangUp();
    await drained;
  });

  test('a live call that outlasts the drain is ended', async () => {
    const running = await start({ DRAIN_TIMEOUT_MS: '0' });
    const live = await call(running);
    await live.connected;
    await running.drain();
    expect(await live.ended).toMatchObject({ by: 'server' });
  });

  test('one call too many at once, or of one caller, is refused as busy', async () => {
    const running = await start({ MAX_CONCURRENT_CALLS: '1' });
    const first = await call(running);
    await first.connected;
    expect(await (await call(running)).ended).toMatchObject({ by: 'rejected' });
    await running.close();
    const other = await start({ MAX_CALLS_PER_CALLER_PER_HOUR: '1' });
    const caller = await call(other, '+15005550200');
    await caller.connected;
    caller.hangUp();
    await caller.settled;
    expect(await (await call(other, '+15005550200')).ended).toMatchObject({ by: 'rejected' });
    expect(await (await call(other, '+15005550201')).connected).toBe(true);
  });

  test('the carrier is found behind the server, by programs on this machine', async () => {
    const running = await start();
    const found = await fetch(`${running.url}/simulator`);
    expect(await found.json()).toEqual({ simulator: provider });
    expect(new URL(found.url).origin).toBe(running.carrier?.controlUrl);
  });

  test('on the live network there is no carrier and no phone in the browser, and the public address is the one that is set', async () => {
    const running = await start({ PUBLIC_URL: 'agent.example.com/phone', ...LIVE[provider] });
    expect(running.carrier).toBeUndefined();
    expect(running.phone.publicUrl.base).toBe('https://agent.example.com/phone');
    for (const path of ['/simulator', '/', '/phone/call']) {
      const response = await fetch(`http://127.0.0.1:${running.port}${path}`);
      expect([path, response.status]).toEqual([path, 404]);
    }
  });

  test('settings that the plugin finds wrong are told at the start', async () => {
    const [wrong, named] = WRONG[provider];
    const starting = start({ PUBLIC_URL: 'agent.example.com', ...LIVE[provider], ...wrong });
    await expect(starting).rejects.toThrow(ConfigurationError);
    await expect(starting).rejects.toThrow(named);
  });

  test('an agent that cannot be prepared costs the caller an apology, not silence', async () => {
    const settings = readSettings({ PORT: '0', PHONE_PROVIDER: provider });
    server = await startServer(settings, {
      agent: { join: () => Promise.reject(new Error('no model')) },
      logger: silentLogger,
    });
    const caller = await call(server);
    expect(await caller.ended).toMatchObject({ by: 'server' });
    expect(caller.announcements).toEqual([expect.stringMatching(/sorry/i)]);
  });
});
