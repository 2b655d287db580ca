import { createVoiceAgent, phoneTools } from '@phone-agents/agent';
import type { TranscriptEntry } from '@phone-agents/agent';
import { createToneSpeech } from '@phone-agents/agent/testing';
import type { Caller, CarrierName } from './index.ts';
import { callAgent, scriptedModel } from './index.ts';

/** One letter of the text speech. */
const LETTER_MS = 60;
const TURNS = 20;
const INTERRUPTED = [3, 6, 9, 12, 15, 18];
const COUGHED = [4, 8, 14];
const SILENT = [10, 16];

const longAnswer = (turn: number): string =>
  `Answer ${turn} is a long one. It has many words that nobody waits for, and more of them, and more.`;

const agent = createVoiceAgent({
  ...createToneSpeech(),
  greeting: 'Hello, this is an AI.',
  instructions: 'Answer.',
  model: scriptedModel([]),
  silence: { afterMs: 4_000, prompts: ['Are you there?'], goodbye: false },
  tools: (context) => phoneTools(context, { destinations: { desk: 'People.' } }),
});

interface Run {
  readonly caller: Caller;
  readonly asked: readonly string[];
}

async function converse(carrier: CarrierName): Promise<Run> {
  const model = scriptedModel([], {
    otherwise: ({ text, toolResults }) => {
      if ('transferCall' in toolResults) return 'Connected.';
      const turn = Number(/\d+/.exec(text)?.[0]);
      if (turn === TURNS) {
        const toolCalls = [{ toolName: 'transferCall', input: { destination: 'desk' } }];
        return { text: 'I connect you.', toolCalls };
      }
      const isLong = INTERRUPTED.includes(turn) || COUGHED.includes(turn);
      return { text: isLong ? longAnswer(turn) : `Answer ${turn}.`, wordDelayMs: 30, delayMs: 120 };
    },
  });
  const caller = await callAgent(agent, {
    carrier,
    model,
    destinations: { desk: '+15005550040' },
  });
  await caller.hears(/an AI/);
  await caller.waitsForSilence();
  for (let turn = 1; turn <= TURNS; turn++) {
    // Who interrupts asks the next question into the answer.
    if (INTERRUPTED.includes(turn - 1)) await caller.interrupt(`Question ${turn}.`);
    else await caller.say(`Question ${turn}.`);
    if (turn === TURNS) break;
    await caller.hears(new RegExp(`Answer ${turn}`));
    if (INTERRUPTED.includes(turn)) continue;
    if (COUGHED.includes(turn)) await caller.cough(500);
    await caller.waitsForSilence(1_500);
    if (!SILENT.includes(turn)) continue;
    await caller.hears(/Are you there\?/);
    await caller.waitsForSilence();
  }
  await caller.waitsForEnd();
  return { caller, asked: model.requests.map(({ text }) => text) };
}

/** The conversation without what is random by intent. */
function facts({ record }: Caller): unknown {
  return JSON.parse(JSON.stringify({ ...record, callId: '' }));
}

/**
 * Finds what was heard of each entry, one after the other, in the letters at the ear: `±1` letter where
 * it ends, and where speech that was stopped went on, for a letter that is cut in two may be read as
 * one, two or none.
 */
function heardLetters(
  ear: string,
  entries: readonly TranscriptEntry[],
  seams: ReadonlySet<string>,
) {
  let at = 0;
  return entries.map((entry) => {
    const full = `${entry.text} `;
    const expected = entry.heardMs! / LETTER_MS;
    const tolerance = seams.has(entry.text) ? 2 : 1;
    const isRead = (length: number): boolean => {
      const read = ear.slice(at, at + length);
      const prefix = commonLength(read, full);
      if (prefix >= length) return true;
      // Behind the seam the letters are those of the text again.
      const tail = read.slice(prefix + 1);
      return seams.has(entry.text) && tail.length > 0 && full.includes(tail);
    };
    const lengths = [0, -1, 1, -2, 2]
      .filter((difference) => Math.abs(difference) <= tolerance)
      .map((difference) => Math.round(expected) + difference);
    const next = entries[entries.indexOf(entry) + 1];
    const length = lengths.find(
      (candidate) =>
        isRead(candidate) && (!next || ear.slice(at + candidate).startsWith(next.text.slice(0, 3))),
    );
    at += length ?? 0;
    return { text: entry.text, heardMs: entry.heardMs, found: length !== undefined };
  });
}

function commonLength(first: string, second: string): number {
  let length = 0;
  while (length < first.length && first[length] === second[length]) length++;
  return length;
}

describe.each(['twilio', 'telnyx'] as const)('20 turns over %s', (carrier) => {
  let runs: readonly Run[] = [];

  beforeAll(async () => {
    runs = [await converse(carrier), await converse(carrier)];
  });

  test('all turns are understood, and everything that was to happen has happened', () => {
    const [{ caller, asked }] = runs as [Run, Run];
    const questions = Array.from({ length: TURNS }, (_, index) => `Question ${index + 1}.`);
    expect([...new Set(asked)]).toEqual(questions);
    const said = caller.transcript.filter(({ role }) => role === 'caller').map(({ text }) => text);
    expect(said).toEqual(questions);
    const count = (type: string): number =>
      caller.items.filter((item) => item.type === type).length;
    expect(caller.transcript.filter(({ interrupted }) => interrupted)).toHaveLength(6);
    expect([count('interruption'), count('resumption')]).toEqual([9, 3]);
    const prompts = caller.transcript.filter(({ text }) => text === 'Are you there?');
    expect(prompts).toHaveLength(2);
    expect(caller.transferredTo).toBe('+15005550040');
    expect(caller.end?.reason).toBe('transferred');
  });

  test('it is the same to the bit each time', () => {
    const [first, second] = runs as [Run, Run];
    expect(facts(second.caller)).toEqual(facts(first.caller));
    expect(Buffer.compare(first.caller.recording(), second.caller.recording())).toBe(0);
  });

  test('at the ear is what was synthesised, up to what counts as heard, within 60 ms', () => {
    const [{ caller }] = runs as [Run, Run];
    const spoken = caller.transcript.filter(({ role }) => role === 'agent');
    const seams = new Set(COUGHED.map(longAnswer));
    const found = heardLetters(caller.heard, spoken, seams);
    expect(found.filter((entry) => !entry.found)).toEqual([]);
    expect(found).toHaveLength(23);
  });
});
