import { type Browser, chromium } from 'playwright-core';

/** A loaded machine starts a browser slowly. */
const LAUNCH_TIMEOUT_MS = 60_000;

export interface BrowserOptions {
  /** The program to run: Chromium or Chrome. */
  readonly executablePath: string;
  /** A WAV file that the microphone hears, again and again. Default: Chromium's beeps. */
  readonly microphoneFile?: string | undefined;
  /** Further switches of the program. */
  readonly switches?: readonly string[];
}

/** Starts a browser without a window, whose microphone is no real one and which phones home to nobody. */
export function launchBrowser(options: BrowserOptions): Promise<Browser> {
  return chromium.launch({
    executablePath: options.executablePath,
    timeout: LAUNCH_TIMEOUT_MS,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--use-fake-ui-for-media-stream',
      '--use-fake-device-for-media-stream',
      ...(options.microphoneFile === undefined
        ? []
        : [`--use-file-for-fake-audio-capture=${options.microphoneFile}`]),
      ...(options.switches ?? []),
    ],
  });
}
