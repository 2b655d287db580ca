import { readFileSync } from 'node:fs';
import { ConfigurationError } from '@phone-agents/core';
import { describeProblems, readSettings, SETTING_NAMES } from './settings.ts';

const SID = `AC${'0123456789abcdef'.repeat(2)}`;
const LIVE = {
  TWILIO_ACCOUNT_SID: SID,
  TWILIO_AUTH_TOKEN: 'a-very-secret-value',
  PUBLIC_URL: 'agent.example.com',
};

const TELNYX = {
  TELNYX_API_KEY: 'KEY-very-secret-value',
  TELNYX_PUBLIC_KEY: 'a-public-key',
  PUBLIC_URL: 'agent.example.com',
};

function problemsOf(environment: Record<string, string>): string[] {
  try {
    readSettings(environment);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems.map(({ setting }) => setting);
    throw error;
  }
  return [];
}

test('with nothing set, calls are simulated and limits are on', () => {
  expect(readSettings({})).toEqual({
    telephony: { network: 'simulated', provider: 'twilio' },
    edge: { kind: 'local' },
    agent: { kind: 'offline' },
    knowledge: undefined,
    port: 8000,
    apiToken: undefined,
    limits: {
      maxConcurrentCalls: 50,
      maxCallsPerCallerPerHour: 20,
      maxCallDurationMs: 3_600_000,
    },
    drainTimeoutMs: 30_000,
    outbound: {
      enabled: true,
      countries: 'any',
      maxCallsPerNumberPerHour: 5,
      destinations: {},
    },
    logLevel: 'info',
  });
});

test('with credentials set, calls are live', () => {
  expect(readSettings({ ...LIVE, TWILIO_PHONE_NUMBER: '+12025550123' }).telephony).toEqual({
    network: 'live',
    provider: 'twilio',
    publicUrl: 'agent.example.com',
    accountSid: SID,
    authToken: 'a-very-secret-value',
    apiKeySid: undefined,
    apiKeySecret: undefined,
    phoneNumber: '+12025550123',
    apiBaseUrl: undefined,
  });
});

test('the agent is a vendor’s where it is asked for, with all keys that it needs', () => {
  expect(problemsOf({ AGENT: 'pipeline' })).toEqual([
    'OPENAI_API_KEY',
    'DEEPGRAM_API_KEY',
    'ELEVENLABS_API_KEY',
  ]);
  expect(problemsOf({ AGENT: 'OpenAI', OPENAI_REALTIME_BASE_URL: 'http://x' }).sort()).toEqual([
    'OPENAI_API_KEY',
    'OPENAI_REALTIME_BASE_URL',
  ]);
  expect(
    readSettings({ AGENT: 'openai', OPENAI_API_KEY: 'key', OPENAI_REALTIME_VOICE: 'cedar' }).agent,
  ).toMatchObject({ kind: 'openai', apiKey: 'key', voice: 'cedar' });
  expect(
    readSettings({
      AGENT: 'pipeline',
      OPENAI_API_KEY: 'one',
      DEEPGRAM_API_KEY: 'two',
      ELEVENLABS_API_KEY: 'three',
    }).agent,
  ).toMatchObject({
    kind: 'pipeline',
    languageModel: { apiKey: 'one', name: 'gpt-5-mini' },
    deepgram: { apiKey: 'two' },
    elevenLabs: { apiKey: 'three' },
  });
});

test('the edge is Stream where it is asked for, with the key and the secret of an app', () => {
  const stream = {
    EDGE: 'Stream',
    STREAM_API_KEY: 'key',
    STREAM_API_SECRET: 'a-very-secret-value',
  };
  expect(readSettings(stream).edge).toEqual({
    kind: 'stream',
    apiKey: 'key',
    apiSecret: 'a-very-secret-value',
    baseUrl: undefined,
  });
  expect(readSettings({ ...stream, STREAM_BASE_URL: 'http://127.0.0.1:3030' }).edge).toMatchObject({
    baseUrl: 'http://127.0.0.1:3030',
  });
  expect(readSettings({ ...stream, EDGE: 'local' }).edge).toEqual({ kind: 'local' });
  expect(problemsOf({ EDGE: 'stream', STREAM_BASE_URL: 'stream.test' }).sort()).toEqual([
    'STREAM_API_KEY',
    'STREAM_API_SECRET',
    'STREAM_BASE_URL',
  ]);
});

test('with PHONE_PROVIDER=telnyx, Telnyx’s settings count, and no other provider’s', () => {
  const environment = { ...LIVE, ...TELNYX, PHONE_PROVIDER: 'Telnyx', TELNYX_CODEC: 'pcma' };
  expect(readSettings(environment).telephony).toEqual({
    network: 'live',
    provider: 'telnyx',
    publicUrl: 'agent.example.com',
    apiKey: 'KEY-very-secret-value',
    publicKey: 'a-public-key',
    callControlAppId: undefined,
    phoneNumber: undefined,
    apiBaseUrl: undefined,
    codec: 'PCMA',
    l16ByteOrder: undefined,
  });
  expect(readSettings({ ...LIVE, PHONE_PROVIDER: 'telnyx' }).telephony).toEqual({
    network: 'simulated',
    provider: 'telnyx',
    codec: undefined,
    l16ByteOrder: undefined,
  });
});

test('the provider whose credentials are set carries the calls; with both, Twilio does', () => {
  expect(readSettings(TELNYX).telephony.provider).toBe('telnyx');
  expect(readSettings({ ...LIVE, ...TELNYX }).telephony.provider).toBe('twilio');
});

test('every wrong and every missing setting of Telnyx’s is named', () => {
  expect(
    problemsOf({
      PHONE_PROVIDER: 'telnyx',
      TELNYX_PUBLIC_KEY: 'a-public-key',
      TELNYX_CALL_CONTROL_APP_ID: 'mine',
      TELNYX_PHONE_NUMBER: '0123',
      TELNYX_API_BASE_URL: 'ftp://x',
      TELNYX_CODEC: 'MP3',
      TELNYX_L16_BYTE_ORDER: 'middle',
    }).sort(),
  ).toEqual([
    'PUBLIC_URL',
    'TELNYX_API_BASE_URL',
    'TELNYX_API_KEY',
    'TELNYX_CALL_CONTROL_APP_ID',
    'TELNYX_CODEC',
    'TELNYX_L16_BYTE_ORDER',
    'TELNYX_PHONE_NUMBER',
  ]);
});

test('a simulated network is used when it is asked for, whatever else is set', () => {
  const { telephony } = readSettings({ ...LIVE, PHONE_NETWORK: 'Simulated' });
  expect(telephony).toEqual({ network: 'simulated', provider: 'twilio' });
});

test('the tunnel’s address serves where no public address is set, and only then', () => {
  const { PUBLIC_URL, ...credentials } = LIVE;
  const tunnel = { NGROK_URL: 'https://abc.ngrok.app' };
  expect(readSettings({ ...credentials, ...tunnel }).telephony).toMatchObject({
    publicUrl: 'https://abc.ngrok.app',
  });
  expect(readSettings({ PUBLIC_URL, ...credentials, ...tunnel }).telephony).toMatchObject({
    publicUrl: 'agent.example.com',
  });
});

test('a setting that is empty or blank counts as absent', () => {
  expect(readSettings({ PORT: '', AGENT: '  ', TWILIO_ACCOUNT_SID: '' }).port).toBe(8000);
});

test('every wrong and every missing setting is named at once', () => {
  expect(
    problemsOf({
      PHONE_PROVIDER: 'pigeon',
      PHONE_NETWORK: 'live',
      EDGE: 'cloud',
      AGENT: 'human',
      PORT: '80000',
      TWILIO_ACCOUNT_SID: 'SK123',
      TWILIO_PHONE_NUMBER: '0123',
      TWILIO_API_BASE_URL: 'ftp://x',
      API_TOKEN: 'short',
      MAX_CONCURRENT_CALLS: '0',
      MAX_CALLS_PER_CALLER_PER_HOUR: 'many',
      MAX_CALL_MINUTES: '1.5',
      DRAIN_TIMEOUT_MS: '-1',
      LOG_LEVEL: 'loud',
    }).sort(),
  ).toEqual(
    [
      'PHONE_PROVIDER',
      'EDGE',
      'AGENT',
      'PORT',
      'TWILIO_ACCOUNT_SID',
      'TWILIO_PHONE_NUMBER',
      'TWILIO_API_BASE_URL',
      'API_TOKEN',
      'MAX_CONCURRENT_CALLS',
      'MAX_CALLS_PER_CALLER_PER_HOUR',
      'MAX_CALL_MINUTES',
      'DRAIN_TIMEOUT_MS',
      'LOG_LEVEL',
      'TWILIO_AUTH_TOKEN',
      'PUBLIC_URL',
    ].sort(),
  );
});

test('half of the credentials is told as a mistake, not taken as a wish to simulate', () => {
  expect(problemsOf({ TWILIO_ACCOUNT_SID: SID })).toEqual(['TWILIO_AUTH_TOKEN', 'PUBLIC_URL']);
  expect(problemsOf({ TWILIO_AUTH_TOKEN: 'x' })).toEqual(['TWILIO_ACCOUNT_SID', 'PUBLIC_URL']);
});

test('a public address that is none is told with what is wrong with it', () => {
  for (const PUBLIC_URL of ['ftp://x', 'https://user:pw@x', 'https://x?y=1', 'https://']) {
    expect(problemsOf({ ...LIVE, PUBLIC_URL })).toEqual(['PUBLIC_URL']);
  }
});

test('the message names settings, says what to do, and holds no value', () => {
  let message = '';
  try {
    readSettings({ TWILIO_AUTH_TOKEN: 'a-very-secret-value', API_TOKEN: 'tiny-secret' });
  } catch (error) {
    if (error instanceof ConfigurationError) message = describeProblems(error);
  }
  expect(message.split('\n')).toHaveLength(4);
  expect(message).toMatch(/^ {2}API_TOKEN must have at least 16 characters$/m);
  expect(message).toMatch(/^ {2}TWILIO_ACCOUNT_SID is missing; copy/m);
  expect(message).not.toMatch(/secret/);
});

test('on a live network only the own number’s country is called, unless others are named', () => {
  const live = {
    TWILIO_ACCOUNT_SID: `AC${'1'.repeat(32)}`,
    TWILIO_AUTH_TOKEN: 'token',
    PUBLIC_URL: 'https://agent.example.test',
  };
  const countries = (more: Record<string, string>): unknown =>
    readSettings({ ...live, ...more }).outbound.countries;
  expect(countries({})).toEqual([]);
  expect(countries({ TWILIO_PHONE_NUMBER: '+442071838750' })).toEqual(['GB']);
  expect(countries({ OUTBOUND_COUNTRIES: 'us, de' })).toEqual(['US', 'DE']);
  expect(countries({ OUTBOUND_COUNTRIES: 'any' })).toBe('any');
  expect(() => countries({ OUTBOUND_COUNTRIES: 'US,Europe' })).toThrow('OUTBOUND_COUNTRIES');
});

test('destinations of transfers are names with numbers', () => {
  const TRANSFER_DESTINATIONS = 'sales=+12025550123, front desk=+12025550124';
  expect(readSettings({ TRANSFER_DESTINATIONS }).outbound.destinations).toEqual({
    sales: '+12025550123',
    'front desk': '+12025550124',
  });
  expect(() => readSettings({ TRANSFER_DESTINATIONS: 'sales=5550123' })).toThrow(
    'TRANSFER_DESTINATIONS',
  );
});

test('documents are read from a folder, and their backend is chosen', () => {
  const knowledge = (environment: Record<string, string>) =>
    readSettings({ KNOWLEDGE_DIR: 'docs', ...environment }).knowledge;
  expect(readSettings({ KNOWLEDGE_BACKEND: 'qdrant' }).knowledge).toBeUndefined();
  expect(knowledge({})).toEqual({
    folder: 'docs',
    backend: { kind: 'local', path: undefined },
    lookUp: 'tool',
    embedding: undefined,
  });
  expect(() => knowledge({ KNOWLEDGE_EMBEDDING_MODEL: 'text-embedding-3-small' })).toThrow(
    /OPENAI_API_KEY: is missing/,
  );
  expect(
    knowledge({ KNOWLEDGE_EMBEDDING_MODEL: 'text-embedding-3-small', OPENAI_API_KEY: 'key' })
      ?.embedding,
  ).toEqual({ apiKey: 'key', model: 'text-embedding-3-small', baseUrl: undefined });
  expect(knowledge({ KNOWLEDGE_BACKEND: 'pglite', KNOWLEDGE_PATH: 'data' })?.backend).toEqual({
    kind: 'pglite',
    dataDir: 'data',
  });
  const url = 'postgres://localhost/clinic';
  expect(knowledge({ KNOWLEDGE_BACKEND: 'Postgres', KNOWLEDGE_URL: url })?.backend).toEqual({
    kind: 'postgres',
    url,
  });
  for (const backend of ['postgres', 'qdrant']) {
    expect(() => knowledge({ KNOWLEDGE_BACKEND: backend })).toThrow(/KNOWLEDGE_URL: is missing/);
  }
  expect(() => knowledge({ KNOWLEDGE_BACKEND: 'oracle' })).toThrow(/KNOWLEDGE_BACKEND/);
});

test('a language model has documents put before it, unless it is to look them up; others look them up', () => {
  const lookUp = (environment: Record<string, string>) =>
    readSettings({
      KNOWLEDGE_DIR: 'docs',
      OPENAI_API_KEY: 'key',
      DEEPGRAM_API_KEY: 'key',
      ELEVENLABS_API_KEY: 'key',
      ...environment,
    }).knowledge?.lookUp;
  expect(lookUp({ AGENT: 'pipeline' })).toBe('context');
  expect(lookUp({ AGENT: 'pipeline', KNOWLEDGE_LOOKUP: 'Tool' })).toBe('tool');
  expect(lookUp({ AGENT: 'openai' })).toBe('tool');
  for (const AGENT of ['openai', 'offline']) {
    expect(() => lookUp({ AGENT, KNOWLEDGE_LOOKUP: 'context' })).toThrow(
      /KNOWLEDGE_LOOKUP: can be context with AGENT=pipeline only/,
    );
  }
});

test('the table of settings and the example have each setting once, and no other', () => {
  const text = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');
  const readme = text('../README.md');
  const table = readme.slice(readme.indexOf('## Settings'), readme.indexOf('## Paths'));
  const rows = [...table.matchAll(/^\| (`[^|]+?`\)?) +\|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/[A-Z][A-Z0-9_]+/g)].map(([name]) => name),
  );
  const example = [...text('../../../.env.example').matchAll(/^#?([A-Z][A-Z0-9_]+)=/gm)].map(
    ([, name]) => name,
  );
  const expected = [...SETTING_NAMES, 'NGROK_AUTHTOKEN'].sort();
  expect(rows.sort()).toEqual(expected);
  expect(example.sort()).toEqual(expected);
});
