import { fliteSegments } from './flite.ts';
import { speakableText } from './speakable-text.ts';

test.each([
  ['Call +1 555 010 0199 now.', 'Call plus 1, 5 5 5, 0 1 0, 0 1 9 9 now.'],
  ['It is 020 7946 0958.', 'It is 0 2 0, 7 9 4 6, 0 9 5 8.'],
  ['Call (555) 010-0199.', 'Call 5 5 5, 0 1 0, 0 1 9 9.'],
  ['It has 1,200 rooms and 2026 keys.', 'It has 1,200 rooms and 2026 keys.'],
  ['From 10 20 30 on', 'From 10 20 30 on'],
  ["I'm an AI.", "I'm an A I."],
  ['IT and it', 'I T and it'],
  ['Wi-Fi & more', 'wifi and more'],
  ['Mon–Fri 9–17', 'Mon, Fri 9 to 17'],
  ['Open 9-5pm, 24/7', 'Open 9 to 5pm, 24 7'],
  ['on 2026-05-03', 'on May 3, 2026'],
  ['£5.50 or €20 or $3', '5 pounds 50 pence or 20 euros or $3'],
  ['Write to info@example.com.', 'Write to info at example dot com.'],
  ['See https://www.example.com/help.', 'See w w w dot example dot com slash help.'],
  ['“Yes”, it’s **café**', "Yes , it's cafe"],
  ['Order #12 weighs 3.5kg', 'Order number 12 weighs 3.5 kg'],
  ['Great 👍', 'Great'],
])('%s is spoken as %s', (text, spoken) => {
  expect(speakableText(text)).toBe(spoken);
});

test('the engine reads initials letter by letter then', () => {
  expect(fliteSegments(speakableText('AI')).trim()).toBe('pau ey ay pau');
  expect(fliteSegments(speakableText('URL')).trim()).toBe('pau y uw aa r eh l pau');
});
