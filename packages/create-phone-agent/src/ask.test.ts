import { askForMissing } from './ask.ts';
import { DEFAULT_CHOICES } from './choices.ts';

const defaults = { folder: 'phone-agent', choices: DEFAULT_CHOICES };

/** Answers one prompt after the other, and keeps them. */
function terminal(...answers: string[]) {
  const prompts: string[] = [];
  return {
    prompts,
    ask: async (prompt: string) => {
      prompts.push(prompt);
      return answers.shift() ?? '';
    },
  };
}

test('only what is missing is asked, and nothing said means the default', async () => {
  const { ask, prompts } = terminal();
  const known = { folder: 'shop', choices: { provider: 'telnyx' } as const };
  expect(await askForMissing(known, defaults, ask)).toEqual({
    folder: 'shop',
    choices: { ...DEFAULT_CHOICES, provider: 'telnyx' },
  });
  expect(prompts).toHaveLength(2);
});

test('choices are made by number or by name, and asked again where they are neither', async () => {
  const { ask, prompts } = terminal('', '3', 'acme', '2', 'STREAM', 'cloud');
  const known = { folder: undefined, choices: {} };
  expect(await askForMissing(known, defaults, ask)).toEqual({
    folder: 'phone-agent',
    choices: { provider: 'telnyx', edge: 'stream', agent: 'cloud' },
  });
  expect(prompts).toHaveLength(6);
});
