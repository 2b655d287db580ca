import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { speechRecognitionAvailability } from '../recognition/speech-recognition-availability.ts';

const run = promisify(execFile);
const INDEX = new URL('../index.ts', import.meta.url).href;
const availability = await speechRecognitionAvailability();

/** Runs a program that imports this package from its source, and gives what it printed. */
async function program(body: string): Promise<string> {
  const source = `
    import {
      offlineSpeechToText, offlineTextToSpeech, offlineVoiceActivity,
    } from ${JSON.stringify(INDEX)};
    ${body}`;
  const { stdout } = await run(
    process.execPath,
    ['--conditions=@phone-agents/source', '--input-type=module', '--eval', source],
    { timeout: 60_000 },
  );
  return stdout.trim();
}

test('importing starts no thread and leaves nothing open', async () => {
  expect(
    await program(`
      const open = process.getActiveResourcesInfo().filter((name) => name !== 'PipeWrap');
      console.log(JSON.stringify(open));`),
  ).toBe('[]');
});

const recognise = availability.available
  ? `const stt = offlineSpeechToText({ phrases: ['yes please'] });
     const ears = await stt.open();
     ears.write({ samples: new Int16Array(320), sampleRate: 16000, timestampSamples: 0 });
     await ears.endTurn();`
  : 'const stt = undefined;';

const useAll = `
  const tts = offlineTextToSpeech();
  const vad = offlineVoiceActivity();
  for await (const chunk of tts.synthesize('Hello.')) console.log(chunk.length > 0);
  const stream = await vad.open({ onActivity: () => {} });
  stream.write({ samples: new Int16Array(5120), sampleRate: 16000, timestampSamples: 0 });
  ${recognise}`;

test('a program that closes nothing still ends by itself', async () => {
  expect(await program(`${useAll} console.log('end');`)).toBe('true\nend');
}, 90_000);

test('after everything is closed no thread, port or timer is left', async () => {
  const output = await program(`
    // They count as open from their first use.
    void process.stdout, process.stderr;
    const before = JSON.stringify(process.getActiveResourcesInfo().sort());
    ${useAll}
    await stream.close();
    await Promise.all([tts.close(), vad.close(), stt?.close()]);
    await new Promise((resolve) => setImmediate(resolve));
    const after = JSON.stringify(process.getActiveResourcesInfo().filter((name) => name !== 'Immediate').sort());
    console.log(after === before ? 'nothing left' : before + ' became ' + after);`);
  expect(output).toBe('true\nnothing left');
}, 90_000);
