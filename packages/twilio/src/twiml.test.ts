import fc from 'fast-check';
import { readFixture } from './test-support/fixtures.ts';
import { TwimlError } from './twilio-error.ts';
import {
  createAnnouncementTwiml,
  createConferenceTwiml,
  createForwardTwiml,
  createHangUpTwiml,
  createMediaStreamTwiml,
  createRejectTwiml,
} from './twiml.ts';

const samples = readFixture<Record<string, string>>('twiml');
const MEDIA_URL = 'wss://agent.example.test/twilio/media/c1';
const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function unescape(text: string): string {
  return text.replace(/&(?:#(\d+)|(\w+));/g, (_match, code?: string, name?: string) =>
    code === undefined ? ENTITIES[name!]! : String.fromCodePoint(Number(code)),
  );
}

const spoken = (twiml: string): string => unescape(/<Say[^>]*>([^<]*)<\/Say>/.exec(twiml)![1]!);

test('connects a media stream as the sample does', () => {
  const twiml = createMediaStreamTwiml(MEDIA_URL, {
    actionUrl: 'https://agent.example.test/twilio/after',
    name: 'c1',
    statusCallbackUrl: 'https://agent.example.test/twilio/stream-status',
    parameters: { secret: 'one-time-value' },
  });
  expect(twiml).toBe(samples['connect_stream']);
});

test('hangs up behind a stream even where no action is given', () => {
  expect(createMediaStreamTwiml(MEDIA_URL)).toBe(
    `<?xml version="1.0" encoding="UTF-8"?><Response><Connect><Stream url="${MEDIA_URL}"/></Connect><Hangup/></Response>`,
  );
});

test('declines as busy, and says a sentence, as the samples do', () => {
  expect(createRejectTwiml('busy')).toBe(samples['reject_busy']);
  expect(createAnnouncementTwiml('We cannot take your call now.')).toBe(samples['say_hangup']);
});

test('forwards as the sample does, and hangs up behind it', () => {
  const twiml = createForwardTwiml('+15005550030', {
    actionUrl: 'https://agent.example.test/twilio/dial-done',
    timeoutMs: 20_000,
  });
  expect(twiml).toBe(samples['dial']!.replace('</Response>', '<Hangup/></Response>'));
});

test('names voice, language and caller id where they are given', () => {
  expect(createAnnouncementTwiml('Hi', { voice: 'Polly.Amy-Neural', language: 'en-GB' })).toContain(
    '<Say voice="Polly.Amy-Neural" language="en-GB">Hi</Say>',
  );
  expect(createForwardTwiml('+15005550030', { callerId: '+15005550020' })).toContain(
    '<Dial callerId="+15005550020">',
  );
});

test('hangs up', () => {
  expect(createHangUpTwiml()).toContain('<Response><Hangup/></Response>');
});

test('spoken text comes out as it went in, with a space for what XML cannot hold', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 1 }), (text) => {
      const twiml = createAnnouncementTwiml(text);
      expect(twiml.startsWith('<?xml ')).toBe(true);
      expect(spoken(twiml)).toBe(
        text.replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]+/gu, ' '),
      );
    }),
  );
});

test('markup in a text is spoken, not obeyed', () => {
  const twiml = createAnnouncementTwiml('</Say><Dial>+15005550030</Dial><Say>');
  expect(twiml).not.toContain('<Dial>');
  expect(spoken(twiml)).toBe('</Say><Dial>+15005550030</Dial><Say>');
});

test('parameters come out as they went in, line breaks and quotes too', () => {
  const printable = fc.string({ unit: 'grapheme', maxLength: 50 });
  fc.assert(
    fc.property(fc.oneof(printable, fc.constantFrom('a\tb\nc\rd', '"<&>\'')), (value) => {
      const twiml = createMediaStreamTwiml(MEDIA_URL, { parameters: { value } });
      const written = / value="([^"]*)"/.exec(twiml)![1]!;
      // A parser turns bare white space in attributes into spaces.
      expect(written).not.toMatch(/[\t\n\r<]/);
      expect(unescape(written)).toBe(value);
    }),
  );
});

describe('what Twilio would refuse or drop is refused here', () => {
  test.each([
    ['no WebSocket address', () => createMediaStreamTwiml('https://agent.example.test/m')],
    ['a relative address', () => createMediaStreamTwiml('/twilio/media')],
    ['a query', () => createMediaStreamTwiml(`${MEDIA_URL}?token=x`)],
    ['a fragment', () => createMediaStreamTwiml(`${MEDIA_URL}#x`)],
    [
      'a parameter of 500 characters',
      () => createMediaStreamTwiml(MEDIA_URL, { parameters: { note: 'x'.repeat(496) } }),
    ],
    [
      'a control character in a parameter',
      () => createMediaStreamTwiml(MEDIA_URL, { parameters: { note: 'a\u0000b' } }),
    ],
    ['more than 64 kB', () => createAnnouncementTwiml('ä'.repeat(33_000))],
  ])('%s', (_what, create) => {
    expect(create).toThrow(TwimlError);
  });

  test('a parameter of 499 characters is fine', () => {
    const parameters = { note: 'x'.repeat(495) };
    expect(createMediaStreamTwiml(MEDIA_URL, { parameters })).toContain('x'.repeat(495));
  });
});

test('keys are sent before the stream goes on', () => {
  const twiml = createMediaStreamTwiml('wss://host.example/media', { digits: '12ww3#' });
  expect(twiml).toContain(
    '<Response><Play digits="12ww3#"/><Connect><Stream url="wss://host.example/media"/></Connect><Hangup/></Response>',
  );
});

test('a conference is one call for both: no beep, no music, and over when either leaves', () => {
  expect(createConferenceTwiml('phone-agents-1', { maxDurationMs: 90_000 })).toContain(
    '<Response><Dial timeLimit="90"><Conference beep="false" startConferenceOnEnter="true" endConferenceOnExit="true" waitUrl="">phone-agents-1</Conference></Dial><Hangup/></Response>',
  );
});

test('a forwarded call may have a limit', () => {
  const twiml = createForwardTwiml('+15005550040', { timeoutMs: 20_000, maxDurationMs: 600_000 });
  expect(twiml).toContain(
    '<Dial timeout="20" timeLimit="600"><Number>+15005550040</Number></Dial>',
  );
});
