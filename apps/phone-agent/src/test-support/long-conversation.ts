import type { AgentState } from '@phone-agents/agent';
import { createVoiceAgent, phoneTools } from '@phone-agents/agent';
import { createToneSpeech } from '@phone-agents/agent/testing';
import type { Caller, CallAgentOptions } from '@phone-agents/testing';
import { callAgent, scriptedModel } from '@phone-agents/testing';

export const TURNS = 20;
export const INTERRUPTED = [3, 6, 9, 12, 15, 18];
export const COUGHED = [4, 8, 14];
export const SILENT = [10, 16];
export const DESK = '+15005550040';
const LOOK_MS = 20;
const GIVE_UP_MS = 20_000;
export const SILENCE_PROMPT = 'Are you there?';

/** Turns are named by letters: one that is lost on its way to an agent on a network leaves others. */
const nameOf = (turn: number): string => String.fromCharCode('A'.charCodeAt(0) + turn - 1);

export const question = (turn: number): string => `ask ${`${nameOf(turn)}, `.repeat(4)}ok`;

/** Which turn a question belongs to, by the letter that it has most of. */
export function turnOf(text: string): number {
  const names = text.match(/[A-T]/g) ?? [];
  const count = (name: string): number => names.filter((other) => other === name).length;
  const [name = ''] = names.toSorted((first, second) => count(second) - count(first));
  return name === '' ? 0 : name.charCodeAt(0) - 'A'.charCodeAt(0) + 1;
}

export const longAnswer = (turn: number): string =>
  `Answer ${turn} is a long one. It has many words that nobody waits for, and more of them, and more.`;

const agent = createVoiceAgent({
  ...createToneSpeech(),
  greeting: 'Hello, this is an AI.',
  instructions: 'Answer.',
  model: scriptedModel([]),
  silence: { afterMs: 3_000, prompts: [SILENCE_PROMPT], goodbye: false },
  tools: (context) => phoneTools(context, { destinations: { desk: 'People.' } }),
});

/** A conversation as it went. */
export interface LongConversation {
  readonly caller: Caller;
  /** What the model was asked. */
  readonly asked: readonly string[];
}

/** What happened in which order, whatever was lost of the words on their way. */
export function sequenceOf({ caller }: LongConversation): readonly string[] {
  return caller.items.flatMap((item) => {
    if (item.type === 'turn') return [];
    if (item.type === 'tool-call') return [`${item.toolName} ${JSON.stringify(item.input)}`];
    if (item.type !== 'speech') return [item.type];
    const said = item.role === 'caller' ? question(turnOf(item.text)) : item.text;
    return [`${item.role}: ${said}${item.interrupted ? ' (interrupted)' : ''}`];
  });
}

/**
 * A conversation of 20 turns with six interruptions, three coughs, two silences and a transfer at its end.
 * Where time is real it takes about 75 s.
 */
export async function converse(options: CallAgentOptions): Promise<LongConversation> {
  const model = scriptedModel([], {
    otherwise: ({ text, toolResults }) => {
      if ('transferCall' in toolResults) return 'Connected.';
      const turn = turnOf(text);
      if (turn === TURNS) {
        const toolCalls = [{ toolName: 'transferCall', input: { destination: 'desk' } }];
        return { text: 'I connect you.', toolCalls };
      }
      const isLong = INTERRUPTED.includes(turn) || COUGHED.includes(turn);
      return { text: isLong ? longAnswer(turn) : `Answer ${turn}.`, wordDelayMs: 5, delayMs: 120 };
    },
  });
  const caller = await callAgent(agent, { ...options, model, destinations: { desk: DESK } });
  await agentIs('speaking', caller);
  await heardOut(caller);
  for (let turn = 1; turn <= TURNS; turn++) {
    // Who interrupts asks the next question into the answer.
    if (INTERRUPTED.includes(turn - 1)) await caller.interrupt(question(turn));
    else await caller.say(question(turn));
    if (turn === TURNS) break;
    await agentIs('speaking', caller);
    if (INTERRUPTED.includes(turn)) continue;
    if (COUGHED.includes(turn)) {
      await caller.waits(800);
      await caller.cough(500);
      // It goes on behind the silence in which it found out that nothing was said.
      await caller.waitsForSilence(1_500);
    }
    await heardOut(caller);
    if (!SILENT.includes(turn)) continue;
    await agentIs('speaking', caller);
    await heardOut(caller);
  }
  await caller.waitsForEnd();
  return { caller, asked: model.requests.map(({ text }) => text) };
}

async function heardOut(caller: Caller): Promise<void> {
  await agentIs('listening', caller);
  await caller.waitsForSilence(300);
}

async function agentIs(state: AgentState, caller: Caller): Promise<void> {
  for (let leftMs = GIVE_UP_MS; caller.session.state !== state; leftMs -= LOOK_MS) {
    if (leftMs <= 0) throw new Error(`The agent was not ${state} in time.`);
    await caller.waits(LOOK_MS);
  }
}
