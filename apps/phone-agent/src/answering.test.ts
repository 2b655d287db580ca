import type { AgentSession, ConversationItem } from '@phone-agents/agent';
import { silentLogger } from '@phone-agents/core';
import { readKnowledge } from './agents/offline-agent.ts';
import { createAnswering } from './answering.ts';
import { SUPPORT_FOLDER } from './demo/run-support-demo.ts';
import { startVendors } from './demo/vendors/start-vendors.ts';
import { startServer } from './server.ts';
import { readSettings } from './settings.ts';
import { documentMind } from './test-support/document-mind.ts';

const QUESTIONS = [
  ['Where can I donate blood?', /^You cannot donate blood here/],
  ['Do you repair computers?', /^I am sorry, I do not know that/],
] as const;

/** Places a call to the app with these settings, asks, and gives what was said and done. */
async function askInCall(
  kind: 'pipeline' | 'openai',
  environment: Record<string, string>,
): Promise<ConversationItem[]> {
  await using closing = new AsyncDisposableStack();
  const vendors = await startVendors(kind, await readKnowledge(), {
    isSpoken: false,
    think: documentMind,
  });
  closing.defer(() => vendors.close());
  const settings = readSettings({
    PORT: '0',
    KNOWLEDGE_DIR: SUPPORT_FOLDER,
    ...vendors.environment,
    ...environment,
  });
  const app = await createAnswering(settings, silentLogger);
  closing.defer(() => app.close());
  expect(app.name).toBe('Willow Lane Clinic');
  const server = await startServer(settings, { agent: app.agent, logger: silentLogger });
  closing.defer(() => server.close());
  const started = new Promise<AgentSession>((resolve) => app.agent.on('session-started', resolve));
  const call = await server.carrier!.placeCall();
  const session = await started;
  const whenSaid = (words: RegExp): Promise<void> =>
    new Promise((resolve) => {
      session.on('transcript-added', ({ role, text }) => {
        if (role === 'agent' && words.test(text)) resolve();
      });
    });
  await whenSaid(/^Hello, this is the AI assistant of Willow Lane Clinic/);
  for (const [question, answer] of QUESTIONS) {
    const answered = whenSaid(answer);
    session.receiveText(question);
    await answered;
  }
  call.hangUp();
  await call.settled;
  await session.call.ended;
  return [...session.record.items];
}

const BLOOD_FILE = 'support/documents/wellbeing.md';
const CALLS = {
  'AGENT=pipeline': () => askInCall('pipeline', {}),
  'AGENT=pipeline and KNOWLEDGE_LOOKUP=tool': () =>
    askInCall('pipeline', { KNOWLEDGE_LOOKUP: 'tool' }),
  'AGENT=openai': () => askInCall('openai', {}),
};
let records: Readonly<Record<keyof typeof CALLS, ConversationItem[]>>;

// Calls are in real time, so they are placed together.
beforeAll(async () => {
  const placed = Object.entries(CALLS).map(async ([name, call]) => [name, await call()]);
  records = Object.fromEntries(await Promise.all(placed)) as typeof records;
}, 120_000);

test('with AGENT=pipeline passages stand before the model, and their sources in the transcript', () => {
  const items = records['AGENT=pipeline'];
  expect(items.filter(({ type }) => type === 'tool-call')).toEqual([]);
  const answers = QUESTIONS.map(([, answer]) =>
    items.find((item) => item.type === 'speech' && answer.test(item.text)),
  );
  expect(answers).toMatchObject([
    { sources: [{ source: BLOOD_FILE, title: expect.stringContaining(' > ') }] },
    {},
  ]);
  expect(answers[1]).not.toHaveProperty('sources');
});

test.each(['AGENT=pipeline and KNOWLEDGE_LOOKUP=tool', 'AGENT=openai'] as const)(
  'with %s the model calls the tool, and the record has the sources',
  (name) => {
    const calls = records[name].flatMap((item) => (item.type === 'tool-call' ? [item] : []));
    expect(calls).toMatchObject([
      {
        toolName: 'searchKnowledge',
        input: { question: 'Where can I donate blood?' },
        output: { outcome: 'found' },
      },
      { toolName: 'searchKnowledge', output: { outcome: 'unknown', sources: [] } },
    ]);
    expect((calls[0]!.output as { sources: string[] }).sources[0]).toBe(BLOOD_FILE);
  },
);
