import type { OpenAIRealtimeWebSocket } from '@openai/agents-realtime';
import type { RealtimeTool } from '@phone-agents/agent';
import type { Clock } from '@phone-agents/core';
import type { WebSocket } from 'ws';
import type { OpenAIRealtimeError } from './openai-error.ts';
import { readFault, reportedFault, unreachable } from './openai-error.ts';
import type { OpenAIRealtimeSettings } from './openai-settings.ts';
import { requireApiKey } from './openai-settings.ts';
import { openRealtimeSocket } from './realtime-socket.ts';
import { sessionConfig } from './session-config.ts';

/** An event of OpenAI's, unchecked but for its type. */
export interface ServerEvent {
  readonly type: string;
  readonly [field: string]: unknown;
}

export interface RealtimeTransportOptions {
  readonly settings: OpenAIRealtimeSettings;
  readonly instructions: string;
  readonly tools: readonly RealtimeTool[];
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onEvent: (event: ServerEvent) => void;
  /** It is gone, and was not closed by us. */
  readonly onLost: (error: OpenAIRealtimeError) => void;
}

/** One open session with OpenAI, over the SDK's transport. */
export interface RealtimeTransport {
  /** Sends a client event. */
  send(event: ServerEvent): void;
  /** Asks for a response; the SDK holds it back until the one before is done. */
  requestResponse(response: Record<string, unknown>): void;
  /** Cancels the response that is being made; nothing happens where there is none. */
  cancelResponse(): void;
  /** Repeatable. */
  close(): void;
}

/**
 * Opens a session and waits until OpenAI has taken its settings.
 *
 * @throws OpenAIRealtimeError where it does not come about; ConfigurationError without a key.
 */
export async function openRealtimeTransport(
  options: RealtimeTransportOptions,
): Promise<RealtimeTransport> {
  const { settings, signal, clock, instructions, tools } = options;
  const apiKey = requireApiKey(settings);
  const PhoneTransport = await loadPhoneTransport();
  signal.throwIfAborted();
  let onEnded: (error: OpenAIRealtimeError) => void = () => {};
  let onEvent: (event: ServerEvent) => void = () => {};
  const url = new URL(settings.baseUrl);
  url.searchParams.set('model', settings.model);
  const transport = new PhoneTransport((event) => onEvent(event), {
    url: url.href,
    createWebSocket: () =>
      Promise.resolve(
        openRealtimeSocket({
          url: url.href,
          apiKey,
          connectTimeoutMs: settings.connectTimeoutMs,
          clock,
          onEnded: (error) => onEnded(error),
        }),
      ),
  });
  // Its own errors say less than the socket's, and without a listener they are thrown.
  transport.on('error', () => {});
  let giveUp = (): void => {};
  const ready = new Promise<void>((resolve, reject) => {
    onEnded = reject;
    onEvent = (event) => {
      if (event.type === 'session.updated') resolve();
      else if (event.type === 'error') reject(reportedFault(readFault(event['error'])));
    };
    giveUp = () => reject(signal.reason as Error);
    signal.addEventListener('abort', giveUp, { once: true });
  });
  try {
    const connected = transport.connect({
      apiKey,
      model: settings.model,
      url: url.href,
      initialSessionConfig: sessionConfig(settings, instructions, tools),
    });
    // What went wrong is told by the socket; the SDK's own rejection only says that it did.
    connected.catch(() => {});
    const timeout = timeoutOf(clock, settings.connectTimeoutMs);
    await Promise.race([ready, timeout.late]).finally(timeout.cancel);
  } catch (error) {
    closeQuietly(transport);
    throw error;
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
  let isOver = false;
  onEvent = (event) => {
    if (!isOver) options.onEvent(event);
  };
  onEnded = (error) => {
    if (isOver) return;
    isOver = true;
    closeQuietly(transport);
    options.onLost(error);
  };
  const isOpen = (): boolean => !isOver && transport.status === 'connected';
  return {
    send: (event) => {
      if (isOpen()) transport.sendEvent(event);
    },
    requestResponse: (response) => {
      if (isOpen()) transport.requestResponse(response);
    },
    cancelResponse: () => {
      if (isOpen()) transport._cancelResponse();
    },
    close: () => {
      if (isOver) return;
      isOver = true;
      closeQuietly(transport);
    },
  };
}

interface PhoneTransportOptions {
  readonly url: string;
  readonly createWebSocket: () => Promise<WebSocket>;
}

type PhoneTransportClass = new (
  onEvent: (event: ServerEvent) => void,
  options: PhoneTransportOptions,
) => OpenAIRealtimeWebSocket;

let phoneTransport: Promise<PhoneTransportClass> | undefined;

/** Loads the SDK, once, when it is first needed. */
export function loadPhoneTransport(): Promise<PhoneTransportClass> {
  phoneTransport ??= definePhoneTransport();
  return phoneTransport;
}

/**
 * The SDK's transport, with two differences. Events go out as they are, parsed once: the SDK copies
 * each of them, audio included, and asks OpenAI for items again that a phone call has no use for. And
 * it does not interrupt by itself: it would do so at any sound, and cut the conversation by the wall
 * clock instead of by what the caller has heard.
 */
async function definePhoneTransport(): Promise<PhoneTransportClass> {
  const { OpenAIRealtimeWebSocket } = await import('@openai/agents-realtime');
  return class PhoneTransport extends OpenAIRealtimeWebSocket {
    readonly #onEvent: (event: ServerEvent) => void;

    constructor(onEvent: (event: ServerEvent) => void, options: PhoneTransportOptions) {
      super(options);
      this.#onEvent = onEvent;
    }

    protected override _onMessage({ data }: { readonly data: unknown }): void {
      const event = parseEvent(data);
      if (event) this.#onEvent(event);
    }

    protected override _onAudio(): void {}

    override interrupt(): void {}
  };
}

function parseEvent(data: unknown): ServerEvent | undefined {
  try {
    const event: unknown = JSON.parse(String(data));
    const isEvent =
      typeof event === 'object' &&
      event !== null &&
      'type' in event &&
      typeof event.type === 'string';
    return isEvent ? (event as ServerEvent) : undefined;
  } catch {
    // No message of OpenAI's; the session goes on.
    return undefined;
  }
}

function closeQuietly(transport: OpenAIRealtimeWebSocket): void {
  try {
    transport.close();
  } catch {
    // It is closed, whatever a listener thinks of it.
  }
}

function timeoutOf(clock: Clock, timeoutMs: number): { late: Promise<never>; cancel: () => void } {
  let cancel = (): void => {};
  const late = new Promise<never>((_, reject) => {
    const timer = clock.setTimeout(
      () => reject(unreachable(`The session was not ready within ${timeoutMs} ms.`)),
      timeoutMs,
    );
    cancel = () => timer.cancel();
  });
  return { late, cancel };
}
