import './style.css';
import type { LiveCallMessage } from '../src/control/control-protocol.ts';
import { loudness } from './audio/samples.ts';
import { PhoneConnection } from './phone-connection.ts';
import { TranscriptView } from './transcript-view.ts';

const KEYS = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '0', '#'];
const KEY_NAMES: Readonly<Record<string, string>> = { '*': 'star', '#': 'pound' };
/** A meter falls by this every 20 ms, so that the eye can follow. */
const METER_FALL = 0.03;
const KEY_FLASH_MS = 150;

const status = find('status', HTMLElement);
const clock = find('clock', HTMLElement);
const problem = find('problem', HTMLElement);
const callButton = find('call', HTMLButtonElement);
const muteButton = find('mute', HTMLButtonElement);
const keypad = find('keypad', HTMLElement);
const meters = {
  caller: find('caller-level', HTMLMeterElement),
  agent: find('agent-level', HTMLMeterElement),
};
const transcript = new TranscriptView({
  list: find('transcript', HTMLElement),
  empty: find('empty', HTMLElement),
  delays: find('delays', HTMLElement),
});

let phase: 'idle' | 'opening' | 'calling' = 'idle';
let connection: PhoneConnection | undefined;
let answeredAt: number | undefined;
let endNote = 'Call ended';
const keyButtons = new Map(KEYS.map((key) => [key, makeKey(key)]));

setInterval(() => {
  if (answeredAt !== undefined) clock.textContent = minutes(performance.now() - answeredAt);
}, 250);
callButton.addEventListener('click', () => {
  if (phase === 'idle') void call();
  else connection?.hangUp();
});
muteButton.addEventListener('click', () => {
  const isMuted = muteButton.getAttribute('aria-pressed') !== 'true';
  muteButton.setAttribute('aria-pressed', String(isMuted));
  connection?.mute(isMuted);
});
document.addEventListener('keydown', ({ key, repeat, ctrlKey, metaKey, altKey }) => {
  if (!repeat && !ctrlKey && !metaKey && !altKey && keyButtons.has(key)) press(key);
});
show('idle');

async function call(): Promise<void> {
  transcript.clear();
  clock.textContent = '0:00';
  endNote = 'Call ended';
  tellProblem(undefined);
  show('opening', 'Allow the microphone…');
  try {
    connection = await PhoneConnection.open({
      onMessage: told,
      onSound: (side, samples) => {
        const meter = meters[side];
        meter.value = Math.max(loudness(samples), meter.value - METER_FALL);
      },
      onClosed: (fault) => {
        connection = undefined;
        answeredAt = undefined;
        if (fault !== undefined) tellProblem(fault);
        show('idle', endNote);
      },
    });
  } catch (error) {
    tellProblem(`The sound could not be opened: ${error instanceof Error ? error.message : ''}`);
    show('idle');
    return;
  }
  tellProblem(connection.microphoneProblem);
  show('calling', 'Calling…');
}

function told(message: LiveCallMessage): void {
  if (message.type === 'transcript') transcript.said(message);
  else if (message.type === 'tool-call') transcript.toolUsed(message);
  else if (message.type === 'turn') transcript.measured(message);
  else if (message.type === 'agent-state') status.textContent = `The agent is ${message.state}`;
  else if (message.type === 'progress') {
    const { progress } = message;
    if (progress.event === 'ringing') status.textContent = 'Ringing…';
    else if (progress.event === 'answered') {
      answeredAt = performance.now();
      status.textContent = 'Connected';
    } else if (progress.event === 'announced')
      transcript.note(`The carrier says: ${progress.text}`);
    else if (progress.event === 'forwarding') transcript.note(`Forwarded to ${progress.to}`);
    else if (progress.event === 'warned') transcript.note(`Carrier: ${progress.warning.message}`);
    else if (progress.event === 'ended') {
      endNote = describeEnd(progress.end);
      transcript.note(endNote);
    }
  }
}

function describeEnd({ by, detail }: { by: string; detail?: string | undefined }): string {
  if (by === 'caller') return 'You hung up';
  if (by === 'server') return 'The agent hung up';
  if (by === 'rejected')
    return `The call was not taken${detail === undefined ? '' : ` (${detail})`}`;
  if (by === 'forwarded') return 'The call was forwarded';
  return `The call failed${detail === undefined ? '' : `: ${detail}`}`;
}

function show(next: typeof phase, text = 'Ready to call'): void {
  phase = next;
  status.textContent = text;
  callButton.textContent = next === 'idle' ? 'Call' : 'Hang up';
  callButton.classList.toggle('end', next !== 'idle');
  callButton.disabled = next === 'opening';
  muteButton.disabled = next !== 'calling';
  for (const button of keyButtons.values()) button.disabled = next !== 'calling';
  if (next !== 'idle') return;
  muteButton.setAttribute('aria-pressed', 'false');
  for (const meter of Object.values(meters)) meter.value = 0;
}

function makeKey(key: string): HTMLButtonElement {
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = key;
  const name = KEY_NAMES[key];
  if (name !== undefined) button.setAttribute('aria-label', name);
  button.addEventListener('click', () => press(key));
  keypad.append(button);
  return button;
}

function press(key: string): void {
  if (phase !== 'calling') return;
  connection?.press(key);
  const button = keyButtons.get(key);
  button?.classList.add('pressed');
  setTimeout(() => button?.classList.remove('pressed'), KEY_FLASH_MS);
}

function tellProblem(text: string | undefined): void {
  problem.textContent = text ?? '';
  problem.hidden = text === undefined;
}

function minutes(ms: number): string {
  const total = Math.floor(ms / 1000);
  return `${Math.floor(total / 60)}:${String(total % 60).padStart(2, '0')}`;
}

function find<Kind extends HTMLElement>(id: string, kind: new () => Kind): Kind {
  const found = document.getElementById(id);
  if (found instanceof kind) return found;
  throw new Error(`The page has no ${id}.`);
}
