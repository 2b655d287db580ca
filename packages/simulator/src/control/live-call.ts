import type { WebSocket } from 'ws';
import type { CarrierCall, CarrierCallOptions } from '../carrier-call.ts';
import { isLoud } from '../listening.ts';
import { summariseCall } from './call-script.ts';
import { parseLiveCallerMessage, type CallNews, type LiveCallMessage } from './control-protocol.ts';

/** Voice that waits to be spoken: beyond the first, pauses are left out; beyond the second, everything. */
const CATCH_UP_MS = 60;
const MAX_WAITING_MS = 500;
/** A page that does not read misses sound, or its delay would never end. */
const MAX_UNSENT_BYTES = 32_768;

/** Where live calls are placed; any simulated carrier. */
export interface LiveCarrier {
  placeCall(options?: CarrierCallOptions): Promise<CarrierCall>;
}

/** Options of {@link connectLiveCall}. */
export interface LiveCallOptions {
  /** Told of the call before it rings anywhere, and how to tell the person about it. */
  readonly onCall?: ((call: CarrierCall, tell: (news: CallNews) => void) => void) | undefined;
  /** Hangs up. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Places a call whose caller is a person at the other end of a WebSocket: binary messages are voice,
 * text messages are keys and hanging up, see `LiveCallerMessage` and `LiveCallMessage`. The socket's end
 * hangs up, and the call's end closes the socket.
 */
export async function connectLiveCall(
  carrier: LiveCarrier,
  socket: WebSocket,
  options: LiveCallOptions = {},
): Promise<void> {
  const tell = (message: LiveCallMessage): void => {
    if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(message));
  };
  socket.on('error', () => socket.terminate());
  let call: CarrierCall | undefined;
  // What happens while the call is being placed is told after its first message.
  const early: LiveCallMessage[] = [];
  try {
    call = await carrier.placeCall({
      record: false,
      onProgress: (progress) => {
        const message: LiveCallMessage = { type: 'progress', progress };
        if (call) tell(message);
        else early.push(message);
      },
    });
  } catch (error) {
    tell({ type: 'refused', message: (error as Error).message });
    socket.close(1011, 'refused');
    return;
  }
  const { from, to, sampleRate } = call;
  tell({ type: 'call', from, to, sampleRate });
  for (const message of early) tell(message);
  options.onCall?.(call, tell);
  takeVoice(call, socket);
  giveSound(call, socket);
  const hangUp = call.hangUp.bind(call);
  socket.on('close', hangUp);
  options.signal?.addEventListener('abort', hangUp, { once: true });
  if (socket.readyState !== socket.OPEN || options.signal?.aborted) hangUp();
  await call.ended;
  options.signal?.removeEventListener('abort', hangUp);
  tell({ type: 'summary', ...summariseCall(call) });
  socket.close(1000, 'the call is over');
}

function takeVoice(call: CarrierCall, socket: WebSocket): void {
  let waitingMs = 0;
  socket.on('message', (data: Buffer, isBinary) => {
    if (!isBinary) {
      const message = parseLiveCallerMessage(data.toString());
      if (message?.type === 'digits') call.press(message.digits);
      else if (message?.type === 'hang-up') call.hangUp();
      return;
    }
    const samples = readSamples(data);
    const durationMs = (samples.length * 1000) / call.sampleRate;
    // Two clocks drift, and networks stumble: what has piled up is made good in the next pause.
    if (waitingMs + durationMs > MAX_WAITING_MS) return;
    if (waitingMs > CATCH_UP_MS && !isLoud(samples)) return;
    waitingMs += durationMs;
    void call.speak(samples).then(() => (waitingMs -= durationMs));
  });
}

function giveSound(call: CarrierCall, socket: WebSocket): void {
  call.onHeard(({ samples }) => {
    if (socket.readyState !== socket.OPEN || socket.bufferedAmount > MAX_UNSENT_BYTES) return;
    const bytes = Buffer.allocUnsafe(samples.length * 2);
    for (let i = 0; i < samples.length; i++) bytes.writeInt16LE(samples[i]!, i * 2);
    socket.send(bytes);
  });
}

function readSamples(bytes: Buffer): Int16Array {
  const samples = new Int16Array(bytes.length >> 1);
  for (let i = 0; i < samples.length; i++) samples[i] = bytes.readInt16LE(i * 2);
  return samples;
}
