import { parsePhraseFile } from './phrase-file.ts';

test('reads headings and lists as questions, the rest of a section as its answer', () => {
  const text = [
    '# The clinic',
    'A note.',
    '## When are you open? (key 1)',
    '- What are your hours?',
    '* When do you close?',
    '',
    'From nine',
    'to five.',
    '## Do you have parking?',
    'Yes.',
  ];
  for (const lineEnd of ['\n', '\r\n']) {
    expect(parsePhraseFile(text.join(lineEnd))).toEqual([
      {
        questions: ['When are you open?', 'What are your hours?', 'When do you close?'],
        answer: 'From nine to five.',
      },
      { questions: ['Do you have parking?'], answer: 'Yes.' },
    ]);
  }
});

test('names everything that is missing at once', () => {
  expect(() => parsePhraseFile('just text')).toThrow('has no section');
  expect(() => parsePhraseFile('## One?\n- Also?\n## Two?\nYes.\n## Three?')).toThrow(
    /"One\?" has no answer.*"Three\?" has no answer/,
  );
});
