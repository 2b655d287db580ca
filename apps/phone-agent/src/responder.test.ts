import { readFile } from 'node:fs/promises';
import type { Responder, ResponderRequest } from '@phone-agents/agent';
import { createPhone } from '@phone-agents/core';
import { createTwilioProvider } from '@phone-agents/twilio';
import { CLINIC_FILE } from './agents/offline-agent.ts';
import type { Topic } from './knowledge.ts';
import { parseKnowledge } from './knowledge.ts';
import { UNKNOWN_KEY, UNKNOWN_QUESTION, createResponder } from './responder.ts';

let topics: readonly Topic[];
let responder: Responder;
let request: Omit<ResponderRequest, 'text'>;

beforeAll(async () => {
  ({ topics } = parseKnowledge(await readFile(CLINIC_FILE, 'utf8')));
  responder = createResponder(topics);
  const phone = createPhone({
    provider: createTwilioProvider(),
    answer: { handleMedia: async () => {} },
  });
  const { call } = await phone.calls.create({
    provider: 'twilio',
    direction: 'inbound',
    from: '+15005550010',
    to: '+15005550011',
  });
  await call.hangUp();
  request = { history: [], call, instructions: '', signal: call.signal };
});

function titleOf(answer: unknown): string | undefined {
  return topics.find((topic) => topic.answer === answer)?.title;
}

test('every question of the file gets its own topic’s answer', () => {
  for (const { title, questions } of topics) {
    for (const text of questions) {
      expect([text, titleOf(responder.respond({ ...request, text }))]).toEqual([text, title]);
    }
  }
});

test.each([
  ['WHEN ARE YOU OPEN', 'Opening hours'],
  ['uh what are the opening hour please', 'Opening hours'],
  ['can i park in front of it', 'Parking'],
  ['how can i cancel the appointments', 'Cancellation'],
  ['where is your clinic please', 'Address'],
  ['do i have to bring my insurance card', 'What to bring'],
])('"%s" is understood', (text, title) => {
  expect(titleOf(responder.respond({ ...request, text }))).toBe(title);
});

test.each(['', 'the the the', 'how much is the fish', 'thank you very much goodbye'])(
  '"%s" is not taken for a question that we know, and the keys are offered',
  (text) => {
    const reply = responder.respond({ ...request, text });
    expect(reply).toMatch(new RegExp(`^${UNKNOWN_QUESTION} Press 1 for opening hours`));
  },
);

test('every key has its topic’s answer, zero the menu, and others are told apart', () => {
  const answerTo = (key: string): unknown =>
    responder.respondToDigit?.(key, { ...request, text: key });
  for (const { key, answer } of topics) expect(answerTo(key ?? '')).toBe(answer);
  expect(answerTo('0')).toMatch(/^Press 1 for opening hours/);
  expect(answerTo('#')).toMatch(new RegExp(`^${UNKNOWN_KEY} Press 1`));
});
