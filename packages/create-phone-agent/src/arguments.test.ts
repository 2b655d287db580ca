import { UsageError, readArguments } from './arguments.ts';

test('a folder, choices and switches are read', () => {
  expect(readArguments(['shop', '--provider', 'telnyx', '--agent=cloud', '-y'])).toEqual({
    folder: 'shop',
    choices: { provider: 'telnyx', agent: 'cloud' },
    yes: true,
    help: false,
  });
  expect(readArguments([])).toEqual({ folder: undefined, choices: {}, yes: false, help: false });
});

test.each([
  [['--provider', 'acme'], '--provider must be twilio or telnyx.'],
  [['--edge', 'toString'], '--edge must be local or stream.'],
  [['one', 'two'], 'Give one folder only.'],
  [['--colour', 'red'], 'colour'],
])('%j is refused with advice', (args, message) => {
  expect(() => readArguments(args)).toThrow(UsageError);
  expect(() => readArguments(args)).toThrow(message);
});
