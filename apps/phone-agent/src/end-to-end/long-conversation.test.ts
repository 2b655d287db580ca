import type { TranscriptEntry } from '@phone-agents/agent';
import type { Caller } from '@phone-agents/testing';
import type { LongConversation } from '../test-support/long-conversation.ts';
import {
  COUGHED,
  DESK,
  SILENCE_PROMPT,
  TURNS,
  converse,
  longAnswer,
  question,
} from '../test-support/long-conversation.ts';

/** One letter of the text speech. */
const LETTER_MS = 60;

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
  let runs: readonly LongConversation[] = [];

  beforeAll(async () => {
    runs = [await converse({ carrier }), await converse({ carrier })];
  });

  test('all turns are understood, and everything that was to happen has happened', () => {
    const [{ caller, asked }] = runs as [LongConversation, LongConversation];
    const questions = Array.from({ length: TURNS }, (_, index) => question(index + 1));
    expect([...new Set(asked)]).toEqual(questions);
    const said = caller.transcript.filter(({ role }) => role === 'caller').map(({ text }) => text);
    expect(said).toEqual(questions);
    const count = (type: string): number =>
      caller.items.filter((item) => item.type === type).length;
    expect(caller.transcript.filter(({ interrupted }) => interrupted)).toHaveLength(6);
    expect([count('interruption'), count('resumption')]).toEqual([9, 3]);
    const prompts = caller.transcript.filter(({ text }) => text === SILENCE_PROMPT);
    expect(prompts).toHaveLength(2);
    expect(caller.transferredTo).toBe(DESK);
    expect(caller.end?.reason).toBe('transferred');
  });

  test('it is the same to the bit each time', () => {
    const [first, second] = runs as [LongConversation, LongConversation];
    expect(facts(second.caller)).toEqual(facts(first.caller));
    expect(Buffer.compare(first.caller.recording(), second.caller.recording())).toBe(0);
  });

  test('at the ear is what was synthesised, up to what counts as heard, within 60 ms', () => {
    const [{ caller }] = runs as [LongConversation, LongConversation];
    const spoken = caller.transcript.filter(({ role }) => role === 'agent');
    const seams = new Set(COUGHED.map(longAnswer));
    const found = heardLetters(caller.heard, spoken, seams);
    expect(found.filter((entry) => !entry.found)).toEqual([]);
    expect(found).toHaveLength(23);
  });
});
