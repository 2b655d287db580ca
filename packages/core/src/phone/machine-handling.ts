import type { PhoneCall } from '../calls/phone-call.ts';
import type { Clock } from '../clock/clock.ts';
import { delay } from '../clock/clock.ts';
import type { CallTaker } from './call-connection.ts';
import type { DialOptions } from './dial-options.ts';

/** Without a verdict for so long after the answer, it is taken for a person. */
export const VERDICT_TIMEOUT_MS = 45_000;
/** A greeting whose end is not reported counts as over after this. */
export const GREETING_TIMEOUT_MS = 30_000;

export interface MachineHandlingOptions extends Pick<DialOptions, 'message' | 'onMachine'> {
  readonly call: PhoneCall;
  readonly clock: Clock;
  /** Who talks, once prepared. */
  readonly prepared: Promise<CallTaker | undefined>;
  /** Ends the call with `message` by the provider's voice. */
  readonly endWithWords: (message: string) => void;
}

/** Does what was asked for when an answering machine takes the call. */
export function handleMachine(options: MachineHandlingOptions): void {
  const { call, clock, message = '', onMachine } = options;
  if (onMachine === undefined) return;
  const verdict = new AbortController();
  call.on('call-answered', () => {
    const wait = AbortSignal.any([verdict.signal, call.signal]);
    void delay(clock, VERDICT_TIMEOUT_MS, wait).then(() => {
      if (!wait.aborted) call.machineDetected({ answeredBy: 'unknown', greetingEnded: false });
    });
  });
  const greeting = new AbortController();
  let isLeaving = false;
  call.on('machine-detected', (detected) => {
    verdict.abort();
    if (detected.answeredBy !== 'machine' && detected.answeredBy !== 'fax') return;
    if (detected.greetingEnded) greeting.abort();
    if (onMachine === 'continue' || isLeaving) return;
    isLeaving = true;
    if (onMachine === 'hang-up' || detected.answeredBy === 'fax') {
      void call.end('machine-answered');
      return;
    }
    const ended = AbortSignal.any([greeting.signal, call.signal]);
    void leaveMessage(options, message, delay(clock, GREETING_TIMEOUT_MS, ended));
  });
}

async function leaveMessage(
  { call, endWithWords, prepared }: MachineHandlingOptions,
  message: string,
  greetingEnded: Promise<void>,
): Promise<void> {
  try {
    const taker = await prepared;
    if (taker && 'participant' in taker && taker.participant.leaveMessage) {
      await taker.participant.leaveMessage({ message, greetingEnded });
      void call.end('machine-answered');
      return;
    }
    await greetingEnded;
    endWithWords(message);
  } catch (error) {
    void call.end('agent-failed', { error });
  }
}
