import type { Transcript } from '@phone-agents/agent';
import { ConfigurationError } from '@phone-agents/core';
import { ManualClock } from '@phone-agents/core/testing';
import { DeepgramError } from './deepgram-error.ts';
import type { DeepgramSpeechToTextOptions } from './deepgram-settings.ts';
import { deepgramSpeechToText } from './deepgram-speech-to-text.ts';
import { hearTones, say, until, write } from './test-support/spoken.ts';
import type { DeepgramStandIn, DeepgramStandInOptions } from './testing/index.ts';
import { createDeepgramStandIn } from './testing/index.ts';

let standIn: DeepgramStandIn;

async function start(options: DeepgramStandInOptions = {}): Promise<void> {
  standIn = await createDeepgramStandIn({ hear: hearTones, ...options });
}

function recogniser(options: DeepgramSpeechToTextOptions = {}) {
  return deepgramSpeechToText({ apiKey: standIn.apiKey, baseUrl: standIn.url, ...options });
}

afterEach(async () => {
  await standIn?.close();
});

test('the words of a turn are given when it ends', async () => {
  await start();
  const stream = await recogniser().open();
  say(stream, 'when do you open');
  await expect(stream.endTurn()).resolves.toEqual({ text: 'when do you open', confidence: 0.98 });
  say(stream, 'thank you');
  await expect(stream.endTurn()).resolves.toMatchObject({ text: 'thank you' });
  await stream.close();
  await until(() => standIn.connections[0]!.controls.includes('CloseStream'));
  expect(standIn.connections).toHaveLength(1);
});

test('by default mu-law at 8 kHz goes to Deepgram, with the settings that phone calls need', async () => {
  await start();
  const stream = await recogniser({ language: 'de', keyterms: ['Grünwald', 'Rezept'] }).open();
  const { query } = standIn.connections[0]!;
  expect(Object.fromEntries(query)).toEqual({
    model: 'nova-3',
    language: 'de',
    encoding: 'mulaw',
    sample_rate: '8000',
    channels: '1',
    interim_results: 'true',
    smart_format: 'true',
    punctuate: 'true',
    vad_events: 'true',
    endpointing: '300',
    utterance_end_ms: '1000',
    mip_opt_out: 'true',
    keyterm: 'Rezept',
  });
  expect(query.getAll('keyterm')).toEqual(['Grünwald', 'Rezept']);
  await stream.close();
});

test('wideband calls may go as linear PCM at 16 kHz', async () => {
  await start();
  const stt = recogniser({ encoding: 'linear16', sampleRate: 16_000 });
  expect(stt.sampleRate).toBe(16_000);
  const stream = await stt.open();
  say(stream, 'hello', { sampleRate: 16_000 });
  await expect(stream.endTurn()).resolves.toMatchObject({ text: 'hello' });
  expect(standIn.connections[0]!.query.get('encoding')).toBe('linear16');
  await stream.close();
});

test('a frame of another rate is refused', async () => {
  await start();
  const stream = await recogniser().open();
  const frame = { samples: new Int16Array(320), sampleRate: 16_000, timestampSamples: 0 } as const;
  expect(() => stream.write(frame)).toThrow(RangeError);
  await stream.close();
});

test('words are told while they are spoken', async () => {
  await start({ hear: undefined });
  const interims: string[] = [];
  const stream = await recogniser().open({ onInterim: ({ text }) => interims.push(text) });
  const connection = standIn.connections[0]!;
  connection.sendResults({ start: 0, duration: 1, transcript: 'when do', isFinal: false });
  connection.sendResults({ start: 0, duration: 1.5, transcript: 'When do you', isFinal: true });
  connection.sendResults({ start: 1.5, duration: 0.4, transcript: '', isFinal: false });
  connection.sendResults({ start: 1.5, duration: 0.8, transcript: 'open', isFinal: false });
  await until(() => interims.length === 3);
  expect(interims).toEqual(['when do', 'When do you', 'When do you open']);
  await stream.close();
});

test('Deepgram finds the end of a turn, and the next begins there', async () => {
  await start();
  const ended: Transcript[] = [];
  const stt = recogniser();
  expect(stt.isContinuous).toBe(true);
  const stream = await stt.open({ onTurnEnded: (transcript) => ended.push(transcript) });
  say(stream, 'first', { silenceMs: 400 });
  await until(() => ended.length === 1);
  say(stream, 'second', { silenceMs: 400 });
  await until(() => ended.length === 2);
  expect(ended.map(({ text }) => text)).toEqual(['first', 'second']);
  await expect(stream.endTurn()).resolves.toEqual({ text: '' });
  await stream.close();
});

test('a gap behind the last word ends a turn on a line that is never quiet', async () => {
  await start({ hear: undefined });
  const ended: string[] = [];
  const stream = await recogniser().open({ onTurnEnded: ({ text }) => ended.push(text) });
  const connection = standIn.connections[0]!;
  connection.sendResults({ start: 0, duration: 1, transcript: 'Hello.' });
  connection.send({ type: 'UtteranceEnd', channel: [0, 1], last_word_end: 0.9 });
  // Deepgram sends one behind `speech_final` as well.
  connection.send({ type: 'UtteranceEnd', channel: [0, 1], last_word_end: 0.9 });
  connection.sendResults({ start: 1, duration: 1, transcript: 'Again.', speechFinal: true });
  await until(() => ended.length === 2);
  expect(ended).toEqual(['Hello.', 'Again.']);
  await stream.close();
});

test('without onTurnEnded a turn goes on over pauses', async () => {
  await start();
  const stream = await recogniser({ endsTurns: false }).open();
  say(stream, 'one', { silenceMs: 600 });
  say(stream, 'two');
  await expect(stream.endTurn()).resolves.toMatchObject({ text: 'one two' });
  await stream.close();
});

test('a turn that is discarded leaves no word for the next', async () => {
  await start();
  const stream = await recogniser().open();
  say(stream, 'noise');
  stream.discardTurn();
  say(stream, 'words');
  await expect(stream.endTurn()).resolves.toMatchObject({ text: 'words' });
  await stream.close();
});

test('a turn without audio has no words, and Deepgram is not asked', async () => {
  await start();
  const stream = await recogniser().open();
  await expect(stream.endTurn()).resolves.toEqual({ text: '' });
  expect(standIn.connections[0]!.controls).toEqual([]);
  await stream.close();
});

test('a Finalize that is never answered gives what is known', async () => {
  await start({ hear: undefined });
  const clock = new ManualClock();
  const heard: string[] = [];
  const stream = await recogniser({ clock }).open({ onInterim: ({ text }) => heard.push(text) });
  write(stream, new Int16Array(8_000));
  standIn.connections[0]!.sendResults({
    start: 0,
    duration: 0.5,
    transcript: 'only this',
    isFinal: false,
  });
  await until(() => heard.length === 1);
  const turn = stream.endTurn();
  await clock.advance(1_000);
  await expect(turn).resolves.toEqual({ text: 'only this' });
  await stream.close();
  expect(clock.timerCount).toBe(0);
});

test('a word that is late is still waited for', async () => {
  await start({ hear: undefined });
  const clock = new ManualClock();
  const stream = await recogniser({ clock }).open();
  write(stream, new Int16Array(8_000));
  const turn = stream.endTurn();
  await clock.advance(1_500);
  standIn.connections[0]!.sendResults({ start: 0, duration: 1, transcript: 'late' });
  await expect(turn).resolves.toMatchObject({ text: 'late' });
  write(stream, new Int16Array(8_000));
  const silence = stream.endTurn();
  await clock.advance(1_800);
  await expect(silence).resolves.toEqual({ text: '' });
  await stream.close();
  expect(clock.timerCount).toBe(0);
});

test('in silence the stream is kept alive', async () => {
  const clock = new ManualClock();
  await start({ clock });
  const stream = await recogniser({ clock }).open();
  const connection = standIn.connections[0]!;
  for (let kept = 1; kept <= 6; kept++) {
    await clock.advance(4_000);
    await until(() => connection.controls.length === kept);
  }
  expect(connection.controls).toEqual(new Array(6).fill('KeepAlive'));
  expect(connection.isOpen).toBe(true);
  await stream.close();
});

test('nothing of a closed stream remains', async () => {
  await start();
  const clock = new ManualClock();
  const controller = new AbortController();
  const stream = await recogniser({ clock }).open({ signal: controller.signal });
  controller.abort();
  await until(() => !standIn.connections[0]!.isOpen);
  expect(clock.timerCount).toBe(0);
  write(stream, new Int16Array(160));
  await expect(stream.endTurn()).resolves.toEqual({ text: '' });
  await stream.close();
});

describe('settings', () => {
  test('the key is looked for when it is needed, and its absence is named', async () => {
    const saved = process.env['DEEPGRAM_API_KEY'];
    delete process.env['DEEPGRAM_API_KEY'];
    try {
      const stt = deepgramSpeechToText();
      await expect(stt.prepare?.()).rejects.toThrow(/DEEPGRAM_API_KEY/);
      await expect(stt.open()).rejects.toBeInstanceOf(ConfigurationError);
      process.env['DEEPGRAM_API_KEY'] = 'from-the-environment';
      await expect(stt.prepare?.()).resolves.toBeUndefined();
    } finally {
      if (saved === undefined) delete process.env['DEEPGRAM_API_KEY'];
      else process.env['DEEPGRAM_API_KEY'] = saved;
    }
  });

  test('everything that is wrong is named at once', () => {
    expect(() =>
      deepgramSpeechToText({ baseUrl: 'http://x', endpointingMs: 1, utteranceEndMs: 500 }),
    ).toThrow(/endpointingMs.*utteranceEndMs.*baseUrl/);
  });
});

describe('faults', () => {
  test.each([
    [401, 'deepgram_unauthorized', /DEEPGRAM_API_KEY/],
    [402, 'deepgram_quota_exceeded', /credit/],
    [400, 'deepgram_request_rejected', /model/],
  ])('a refusal with %i is told at once as %s', async (status, code, advice) => {
    await start();
    standIn.refuse({ status, error: 'because', times: 5 });
    const opened = recogniser().open();
    await expect(opened).rejects.toBeInstanceOf(DeepgramError);
    await expect(opened).rejects.toMatchObject({ code, status });
    await expect(opened).rejects.toThrow(advice);
    await expect(opened).rejects.toThrow(/because/);
  });

  test('a wrong key is refused, and never shown', async () => {
    await start();
    const opened = recogniser({ apiKey: 'a-secret' }).open();
    await expect(opened).rejects.toMatchObject({ code: 'deepgram_unauthorized' });
    await expect(opened).rejects.not.toThrow(/a-secret/);
  });

  test('too many streams at once are tried again, and only so often', async () => {
    await start();
    standIn.refuse({ status: 429, error: 'Too many requests', times: 2 });
    const stream = await recogniser().open();
    say(stream, 'hello');
    await expect(stream.endTurn()).resolves.toMatchObject({ text: 'hello' });
    await stream.close();
    standIn.refuse({ status: 429, error: 'Too many requests', times: 2 });
    await expect(recogniser({ maxReconnects: 1 }).open()).rejects.toMatchObject({
      code: 'deepgram_rate_limited',
    });
  });

  test('where nobody listens it says that Deepgram cannot be reached', async () => {
    await start();
    await standIn.close();
    await expect(recogniser({ maxReconnects: 0 }).open()).rejects.toMatchObject({
      code: 'deepgram_unreachable',
    });
  });

  test('a connection that is dropped in the middle of a turn costs no word', async () => {
    await start();
    const errors: unknown[] = [];
    const stream = await recogniser().open({ onError: (error) => errors.push(error) });
    say(stream, 'one ', { silenceMs: 0 });
    await until(() => standIn.connections[0]!.audioMs >= 200);
    standIn.connections[0]!.drop();
    say(stream, 'two ', { silenceMs: 0 });
    await standIn.connection(1);
    say(stream, 'three');
    await expect(stream.endTurn()).resolves.toMatchObject({ text: 'one two three' });
    expect(errors).toEqual([]);
    await stream.close();
  });

  test('a connection that is dropped while words are awaited still brings them', async () => {
    await start({ hear: undefined });
    const stream = await recogniser().open();
    write(stream, new Int16Array(8_000));
    const turn = stream.endTurn();
    await until(() => standIn.connections[0]!.controls.includes('Finalize'));
    standIn.connections[0]!.close(1011, 'NET-0000');
    const second = await standIn.connection(1);
    await until(() => second.controls.includes('Finalize'));
    expect(second.audioMs).toBe(1_000);
    second.sendResults({ start: 0, duration: 1, transcript: 'here', fromFinalize: true });
    await expect(turn).resolves.toMatchObject({ text: 'here' });
    await stream.close();
  });

  test('a connection that cannot be opened anew ends the stream with the reason', async () => {
    await start({ hear: undefined });
    const errors: unknown[] = [];
    const stream = await recogniser().open({ onError: (error) => errors.push(error) });
    write(stream, new Int16Array(8_000));
    const turn = stream.endTurn();
    standIn.refuse({ status: 402, error: 'ASR_PAYMENT_REQUIRED' });
    standIn.connections[0]!.drop();
    await expect(turn).rejects.toMatchObject({ code: 'deepgram_quota_exceeded' });
    expect(errors).toEqual([expect.objectContaining({ code: 'deepgram_quota_exceeded' })]);
    await expect(stream.endTurn()).resolves.toEqual({ text: '' });
  });

  test('audio that Deepgram cannot decode is not sent again and again', async () => {
    await start({ hear: undefined });
    const errors: unknown[] = [];
    await recogniser().open({ onError: (error) => errors.push(error) });
    standIn.connections[0]!.close(1008, 'DATA-0000');
    await until(() => errors.length === 1);
    expect(errors).toEqual([expect.objectContaining({ code: 'deepgram_request_rejected' })]);
    expect(standIn.connections).toHaveLength(1);
  });

  test('a message that is none changes nothing', async () => {
    await start();
    const stream = await recogniser().open();
    standIn.connections[0]!.sendText('{"type":');
    standIn.connections[0]!.sendText('{"type":"Results","is_final":true}');
    standIn.connections[0]!.sendText('null');
    standIn.connections[0]!.sendText('{"type":"SomethingNew"}');
    say(stream, 'hello');
    await expect(stream.endTurn()).resolves.toMatchObject({ text: 'hello' });
    await stream.close();
  });
});
