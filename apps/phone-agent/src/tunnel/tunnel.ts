import { ConfigurationError, PhoneAgentError } from '@phone-agents/core';
import { findLocalTunnel } from './local-ngrok.ts';

/** A public address that leads to a port of this machine. */
export interface Tunnel {
  readonly url: string;
  /** Whether it was open already, by a program of the user's. */
  readonly wasFound: boolean;
  /** Closes it, where it was opened here. */
  close(): Promise<void>;
}

/** The part of `@ngrok/ngrok` that is used here. */
export interface NgrokModule {
  forward(options: {
    readonly addr: number;
    readonly authtoken: string;
  }): Promise<{ url(): string | null; close(): Promise<void> }>;
}

export interface TunnelOptions {
  readonly port: number;
  /** `NGROK_AUTHTOKEN`; not needed where an agent on this machine has a tunnel open. */
  readonly authToken?: string | undefined;
  /** Address of ngrok's agent on this machine, by default its usual one. */
  readonly agentUrl?: string | undefined;
  /** Loads `@ngrok/ngrok`. */
  readonly loadNgrok?: (() => Promise<NgrokModule>) | undefined;
}

/**
 * Finds or opens a tunnel to a port, for development: an ngrok agent that runs on this machine first, else
 * `@ngrok/ngrok`, which is not installed unless you ask for it.
 *
 * @throws ConfigurationError without an auth token
 * @throws PhoneAgentError `tunnel_unavailable` where the package is not installed, or ngrok refuses
 */
export async function openTunnel(options: TunnelOptions): Promise<Tunnel> {
  const { port, authToken, agentUrl, loadNgrok = importNgrok } = options;
  if (port === 0) {
    throw new ConfigurationError([
      { setting: 'PORT', problem: 'must be a port of your choice, for the tunnel leads to it' },
    ]);
  }
  const found = await findLocalTunnel(port, agentUrl);
  if (found !== undefined) return { url: found, wasFound: true, close: () => Promise.resolve() };
  if (authToken === undefined || authToken === '') {
    throw new ConfigurationError([
      {
        setting: 'NGROK_AUTHTOKEN',
        problem: `is missing; copy it from the ngrok dashboard (or run \`ngrok http ${port}\` in another terminal: its tunnel is found)`,
      },
    ]);
  }
  const ngrok = await loadNgrok();
  let listener: Awaited<ReturnType<NgrokModule['forward']>>;
  try {
    listener = await ngrok.forward({ addr: port, authtoken: authToken });
  } catch (cause) {
    throw new PhoneAgentError(
      'tunnel_unavailable',
      'ngrok opened no tunnel: check NGROK_AUTHTOKEN, the network, and that no other session of a free account is open.',
      { cause },
    );
  }
  const url = listener.url();
  if (url === null) {
    await listener.close();
    throw new PhoneAgentError('tunnel_unavailable', 'ngrok gave the tunnel no address: try again.');
  }
  return { url, wasFound: false, close: () => listener.close() };
}

async function importNgrok(): Promise<NgrokModule> {
  // By a name that is no constant: the package is there only where the user has installed it.
  const name: string = '@ngrok/ngrok';
  try {
    const module = (await import(name)) as { readonly default: NgrokModule };
    return module.default;
  } catch (cause) {
    throw new PhoneAgentError(
      'tunnel_unavailable',
      'The tunnel needs the package @ngrok/ngrok: npm install --no-save @ngrok/ngrok',
      { cause },
    );
  }
}
