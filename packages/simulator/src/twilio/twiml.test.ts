import fc from 'fast-check';
import { TwilioProblem } from './twilio-problem.ts';
import { parseTwiml } from './twiml.ts';

function codeOf(text: string): number | undefined {
  try {
    parseTwiml(text);
    return undefined;
  } catch (error) {
    return error instanceof TwilioProblem ? error.code : -1;
  }
}

test('verbs come in order, with attributes, children and text', () => {
  const verbs = parseTwiml(
    '<?xml version="1.0" encoding="UTF-8"?>\n<!-- hello --><Response>\n  <Say voice="a&quot;b">Tom &amp; Jerry&#39;s &#x263A;\n  say </Say>' +
      '<Connect action="https://a.test/x?a=1&amp;b=2"><Stream url="wss://a.test/m"><Parameter name="k" value="007"/></Stream></Connect><Hangup/></Response>',
  );
  expect(verbs.map(({ name }) => name)).toEqual(['Say', 'Connect', 'Hangup']);
  expect(verbs[0]!.text).toBe("Tom & Jerry's \u263a say");
  expect(verbs[0]!.attributes).toEqual({ voice: 'a"b' });
  expect(verbs[1]!.attributes['action']).toBe('https://a.test/x?a=1&b=2');
  expect(verbs[1]!.children[0]!.children[0]!.attributes).toEqual({ name: 'k', value: '007' });
});

test('an entity is read once only, and CDATA not at all', () => {
  const verbs = parseTwiml(
    '<Response><Say>&amp;lt;</Say><Say><![CDATA[a &amp; b]]></Say></Response>',
  );
  expect(verbs.map(({ text }) => text)).toEqual(['&lt;', 'a &amp; b']);
});

test('text inside of speech marks is read aloud too', () => {
  const [say] = parseTwiml('<Response><Say>one <emphasis>two</emphasis> three</Say></Response>');
  expect(say!.text).toBe('one two three');
});

test('an empty response has no verbs', () => {
  expect(parseTwiml('<Response/>')).toEqual([]);
});

test.each([
  ['white space before the declaration', ' <?xml version="1.0"?><Response/>'],
  ['a tag that is not closed', '<Response><Say>x</Response>'],
  ['no XML at all', 'Internal Server Error'],
  ['nothing', ''],
  ['two roots', '<Response/><Response/>'],
  ['another root', '<html></html>'],
  ['an ampersand that is not escaped', '<Response><Say>AT&T</Say></Response>'],
  ['an entity that XML does not have', '<Response><Say>&nbsp;</Say></Response>'],
  ['a document type', '<!DOCTYPE x [<!ENTITY a "b">]><Response><Say>&a;</Say></Response>'],
])('%s is error 12100', (_, text) => {
  expect(codeOf(text)).toBe(12100);
});

test('no text whatever makes it fail in another way', () => {
  const piece = fc.oneof(
    fc.string(),
    fc.constantFrom(
      '<Response>',
      '</Response>',
      '<Say>',
      '</Say>',
      '&amp;',
      '&#1;',
      '<![CDATA[',
      ']]>',
      '<?x?>',
    ),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      expect([undefined, 12100]).toContain(codeOf(pieces.join('')));
    }),
    { numRuns: 500 },
  );
});
