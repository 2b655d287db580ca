import type { DeepgramClient, listen } from '@deepgram/sdk';
import { PhoneAgentError } from '@phone-agents/core';
import type { DeepgramError } from './deepgram-error.ts';
import type { DeepgramSettings } from './deepgram-settings.ts';
import { requireApiKey } from './deepgram-settings.ts';
import { DeepgramTransport } from './deepgram-transport.ts';

export type DeepgramMessage =
  | listen.ListenV1Results
  | listen.ListenV1Metadata
  | listen.ListenV1UtteranceEnd
  | listen.ListenV1SpeechStarted;

export interface DeepgramConnectionHandlers {
  readonly onMessage: (message: DeepgramMessage) => void;
  /** It is gone, and was not closed by us. */
  readonly onLost: (error: DeepgramError) => void;
}

type ConnectionArguments = Parameters<DeepgramClient['listen']['v1']['createConnection']>[0];

/** One open socket to Deepgram. */
export interface DeepgramConnection {
  /** Sends encoded audio; the bytes may be used again afterwards. */
  sendAudio(bytes: Uint8Array): void;
  /** Asks for the words of all audio that was sent. */
  finalize(): void;
  keepAlive(): void;
  /** Ends the stream and closes the socket. Repeatable. */
  close(): void;
}

/**
 * Opens a socket to Deepgram.
 *
 * @throws DeepgramError where it does not come about; ConfigurationError without a key.
 */
export async function connectDeepgram(
  settings: DeepgramSettings,
  { onMessage, onLost }: DeepgramConnectionHandlers,
  signal: AbortSignal,
): Promise<DeepgramConnection> {
  const apiKey = requireApiKey(settings);
  // Not before it is needed: the SDK is large.
  const { DeepgramClient } = await import('@deepgram/sdk');
  signal.throwIfAborted();
  let onEnded = onLost;
  let fail: (error: unknown) => void = () => {};
  const client = new DeepgramClient({
    apiKey,
    ...(settings.baseUrl === undefined ? {} : { baseUrl: settings.baseUrl }),
    transportFactory: (url, headers) =>
      new DeepgramTransport(url, headers, settings.connectTimeoutMs, (error) => onEnded(error)),
  });
  const socket = await client.listen.v1.createConnection(connectionArgs(settings));
  const opened = new Promise<void>((resolve, reject) => {
    fail = reject;
    onEnded = reject;
    socket.on('open', resolve);
  });
  const onAbort = (): void => fail(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    signal.throwIfAborted();
    socket.on('message', (message) => {
      if (isMessage(message)) onMessage(message);
    });
    socket.connect();
    await opened;
  } catch (error) {
    socket.close();
    throw error;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
  let isOver = false;
  onEnded = (error) => {
    if (isOver) return;
    isOver = true;
    socket.close();
    onLost(error);
  };
  const isOpen = (): boolean => !isOver && socket.readyState === OPEN;
  return {
    sendAudio: (bytes) => {
      if (isOpen()) socket.sendMedia(bytes);
    },
    finalize: () => {
      if (isOpen()) socket.sendFinalize({ type: 'Finalize' });
    },
    keepAlive: () => {
      if (isOpen()) socket.sendKeepAlive({ type: 'KeepAlive' });
    },
    close: () => {
      if (isOver) return;
      if (isOpen()) socket.sendCloseStream({ type: 'CloseStream' });
      isOver = true;
      socket.close();
    },
  };
}

const OPEN = 1;

/** What is no message, or one that says nothing, is passed over: a stream does not end for it. */
function isMessage(message: unknown): message is DeepgramMessage {
  // The SDK gives what is no JSON as text.
  if (typeof message !== 'object' || message === null || !('type' in message)) return false;
  if (message.type !== 'Results') return true;
  const { start, duration } = message as Partial<listen.ListenV1Results>;
  return Number.isFinite(start) && Number.isFinite(duration);
}

/** The query of `/v1/listen`: Deepgram API reference, "Live Audio". */
function connectionArgs(settings: DeepgramSettings): ConnectionArguments {
  const { model, language, keyterms } = settings;
  if (/^flux\b/.test(model)) {
    throw new PhoneAgentError(
      'deepgram_model_unsupported',
      'Flux models speak another protocol than Nova: choose a Nova model, such as nova-3.',
    );
  }
  // Older models know terms by another name.
  const terms = /^nova-[3-9]/.test(model) ? { keyterm: keyterms } : { keywords: keyterms };
  return {
    model,
    ...(language === undefined ? {} : { language }),
    encoding: settings.encoding,
    sample_rate: settings.sampleRate,
    channels: 1,
    interim_results: 'true',
    smart_format: String(settings.smartFormat),
    punctuate: 'true',
    vad_events: 'true',
    endpointing: settings.endpointingMs,
    utterance_end_ms: settings.utteranceEndMs,
    ...(settings.optOutOfModelImprovement ? { mip_opt_out: true } : {}),
    ...(keyterms.length === 0 ? {} : terms),
    connectionTimeoutInSeconds: settings.connectTimeoutMs / 1000,
    reconnectAttempts: 0,
  };
}
