import { readSettingsWithTunnel } from './settings-with-tunnel.ts';
import type { NgrokModule } from './tunnel.ts';

const LIVE = {
  TWILIO_ACCOUNT_SID: `AC${'1'.repeat(32)}`,
  TWILIO_AUTH_TOKEN: 'token',
  NGROK_AUTHTOKEN: 'ngrok-token',
};
// Nothing listens there.
const agentUrl = 'http://127.0.0.1:9';

function createNgrok(): { readonly open: string[]; load(): Promise<NgrokModule> } {
  const open: string[] = [];
  const url = 'https://made.ngrok.test';
  return {
    open,
    load: () =>
      Promise.resolve({
        forward: () => {
          open.push(url);
          return Promise.resolve({ url: () => url, close: () => Promise.resolve(void open.pop()) });
        },
      }),
  };
}

test('the tunnel’s address is the public one', async () => {
  const ngrok = createNgrok();
  const { settings, tunnel } = await readSettingsWithTunnel(LIVE, {
    agentUrl,
    loadNgrok: ngrok.load,
  });
  expect(settings.telephony).toMatchObject({ publicUrl: 'https://made.ngrok.test' });
  await tunnel.close();
  expect(ngrok.open).toEqual([]);
});

test('all that is missing is named at once, for the app and for the tunnel', async () => {
  const reading = readSettingsWithTunnel({ TWILIO_AUTH_TOKEN: 'token' }, { agentUrl });
  await expect(reading).rejects.toMatchObject({
    problems: [
      expect.objectContaining({ setting: 'TWILIO_ACCOUNT_SID' }),
      expect.objectContaining({ setting: 'NGROK_AUTHTOKEN' }),
    ],
  });
});

test('wrong settings close the tunnel again, and a simulated network needs none', async () => {
  const ngrok = createNgrok();
  const options = { agentUrl, loadNgrok: ngrok.load };
  await expect(readSettingsWithTunnel({ ...LIVE, EDGE: 'cloud' }, options)).rejects.toMatchObject({
    problems: [expect.objectContaining({ setting: 'EDGE' })],
  });
  await expect(
    readSettingsWithTunnel({ NGROK_AUTHTOKEN: 'ngrok-token' }, options),
  ).rejects.toMatchObject({ problems: [expect.objectContaining({ setting: '--tunnel' })] });
  expect(ngrok.open).toEqual([]);
});
