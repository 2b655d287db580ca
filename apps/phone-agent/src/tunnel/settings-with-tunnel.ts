import type { ConfigurationProblem } from '@phone-agents/core';
import { ConfigurationError } from '@phone-agents/core';
import type { Settings } from '../settings.ts';
import { readSettings } from '../settings.ts';
import type { Tunnel, TunnelOptions } from './tunnel.ts';
import { openTunnel } from './tunnel.ts';

const DEFAULT_PORT = 8_000;
/** Stands for the address that the tunnel will have. */
const ADDRESS_TO_COME = 'https://tunnel.invalid';

/**
 * Opens a tunnel, and reads the app's settings with its address as `PUBLIC_URL`.
 *
 * @throws ConfigurationError that names every problem of both
 * @throws PhoneAgentError `tunnel_unavailable`
 */
export async function readSettingsWithTunnel(
  environment: Readonly<Record<string, string | undefined>>,
  options: Pick<TunnelOptions, 'agentUrl' | 'loadNgrok'> = {},
): Promise<{ readonly settings: Settings; readonly tunnel: Tunnel }> {
  const port = Number(environment['PORT']?.trim() || DEFAULT_PORT);
  const [read, opened] = await Promise.allSettled([
    Promise.resolve().then(() => readLiveSettings(environment, ADDRESS_TO_COME)),
    openTunnel({
      ...options,
      port: Number.isInteger(port) ? port : DEFAULT_PORT,
      authToken: environment['NGROK_AUTHTOKEN']?.trim(),
    }),
  ]);
  if (read.status === 'fulfilled' && opened.status === 'fulfilled') {
    const tunnel = opened.value;
    return { settings: readLiveSettings(environment, tunnel.url), tunnel };
  }
  if (opened.status === 'fulfilled') await opened.value.close();
  const reasons = [read, opened].flatMap((result) =>
    result.status === 'rejected' ? [result.reason as unknown] : [],
  );
  const problems = reasons.flatMap((reason): readonly ConfigurationProblem[] =>
    reason instanceof ConfigurationError ? reason.problems : [],
  );
  throw problems.length > 0 ? new ConfigurationError(problems) : reasons[0];
}

function readLiveSettings(
  environment: Readonly<Record<string, string | undefined>>,
  publicUrl: string,
): Settings {
  const settings = readSettings({ ...environment, PUBLIC_URL: publicUrl });
  if (settings.telephony.network === 'live') return settings;
  throw new ConfigurationError([
    {
      setting: '--tunnel',
      problem: 'is for a live network, and this one is simulated: set the provider’s credentials',
    },
  ]);
}
