import { readFile } from 'node:fs/promises';
import { ConfigurationError } from '@phone-agents/core';
import { describeKeys, parseKnowledge } from './knowledge.ts';

test('a file is read topic by topic', () => {
  const knowledge = parseKnowledge(
    '# The Shop\r\n\r\nA note.\r\n\r\n## Opening hours (key 1)\r\n\r\n- When are you open?\r\n* When do you open?\r\n\r\n' +
      'All day.\r\nEven at night.\r\n\r\n## Parking\r\n\r\n- Where can I park?\r\n\r\nNowhere.\r\n',
  );
  expect(knowledge).toEqual({
    name: 'The Shop',
    topics: [
      {
        title: 'Opening hours',
        key: '1',
        questions: ['When are you open?', 'When do you open?'],
        answer: 'All day. Even at night.',
      },
      { title: 'Parking', key: undefined, questions: ['Where can I park?'], answer: 'Nowhere.' },
    ],
  });
});

test('everything that is missing is named at once', () => {
  const faulty = '## A (key 1)\n\n- Question?\n\n## B (key 1)\n\nAnswer.\n';
  expect(() => parseKnowledge(faulty)).toThrow(ConfigurationError);
  expect(() => parseKnowledge(faulty)).toThrow(
    /has no title.*no answer for "A".*no question for "B".*key 1 twice/,
  );
  expect(() => parseKnowledge('')).toThrow(/has no topic/);
});

test('the clinic’s file is sound, and each of its topics has a key', async () => {
  const file = new URL('../knowledge/clinic.md', import.meta.url);
  const knowledge = parseKnowledge(await readFile(file, 'utf8'));
  expect(knowledge.name).toBe('Willow Lane Clinic');
  expect(describeKeys(knowledge.topics)).toMatch(
    /^Press 1 for opening hours, 2 for address, 3 for/,
  );
  expect(knowledge.topics.filter(({ key }) => key === undefined)).toEqual([]);
});
