import type {
  ConnectRequest,
  DigitsRequest,
  PhoneCall,
  ProviderHost,
  TransferRequest,
} from '@phone-agents/core';
import { stateOfCall, stateOfForward } from './client-state.ts';
import type { TelnyxCallControl } from './telnyx-call-control.ts';
import { mediaToken, shownNumbers } from './telnyx-call-control.ts';
import type { TelnyxRest } from './telnyx-rest.ts';
import { isGone } from './telnyx-rest.ts';
import type { TelnyxProviderSettings } from './telnyx-settings.ts';

/** What is done to a live call: keys, transfers, recordings. */
export class TelnyxLegCommands {
  readonly #settings: TelnyxProviderSettings;
  readonly #rest: TelnyxRest;
  readonly #control: TelnyxCallControl;

  constructor(settings: TelnyxProviderSettings, rest: TelnyxRest, control: TelnyxCallControl) {
    this.#settings = settings;
    this.#rest = rest;
    this.#control = control;
  }

  /** The call's audio goes on meanwhile. */
  async sendDigits({ call, digits }: DigitsRequest): Promise<void> {
    await this.#rest.sendDigits(idOf(call), digits);
  }

  async transfer(request: TransferRequest, host: ProviderHost): Promise<void> {
    const { call, maxDurationMs, ringTimeoutMs, to } = request;
    const id = idOf(call);
    const shown =
      call.direction === 'outbound' ? { from: call.from } : shownNumbers(this.#settings, call);
    await this.#handOver([id], host, () =>
      this.#rest.transfer(id, {
        to,
        ...shown,
        timeoutMs: ringTimeoutMs,
        maxDurationMs,
        targetLegClientState: stateOfForward(id),
      }),
    );
    await this.#stopStream(id);
  }

  async connectCalls({ call, target }: ConnectRequest, host: ProviderHost): Promise<void> {
    const [id, targetId] = [idOf(call), idOf(target)];
    await this.#handOver([id, targetId], host, async () => {
      // A leg that is streamed plays what we send, and not the other leg.
      await Promise.all([this.#stopStream(id), this.#stopStream(targetId)]);
      await this.#rest.bridge(id, targetId);
    });
  }

  async resumeMedia(call: PhoneCall, mediaUrl: string): Promise<void> {
    await this.#rest.startStreaming(idOf(call), mediaUrl, mediaToken(mediaUrl));
  }

  async startRecording(
    call: PhoneCall,
    { channels }: { readonly channels: 'mono' | 'stereo' },
  ): Promise<void> {
    await this.#rest.startRecording(idOf(call), channels, stateOfCall(call));
  }

  async stopRecording(call: PhoneCall): Promise<void> {
    await this.#rest.stopRecording(idOf(call));
  }

  /** While legs are handed over, that their streams end is as it should be. */
  async #handOver(
    ids: readonly string[],
    host: ProviderHost,
    command: () => Promise<void>,
  ): Promise<void> {
    for (const id of ids) this.#control.handOver(id, host.clock.now());
    try {
      await command();
    } catch (error) {
      for (const id of ids) this.#control.takeBack(id);
      throw error;
    }
  }

  async #stopStream(id: string): Promise<void> {
    try {
      await this.#rest.stopStreaming(id);
    } catch (error) {
      const { providerCode } = error as { providerCode?: string };
      // There is none, or no call: nothing is left to stop.
      if (providerCode !== '90048' && !isGone(error)) throw error;
    }
  }
}

function idOf(call: PhoneCall): string {
  return call.providerCallId ?? '';
}
