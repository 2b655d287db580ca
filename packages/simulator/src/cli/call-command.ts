import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { decodeCallerAudio } from '../control/caller-audio.ts';
import { runCallScript, summariseCall } from '../control/call-script.ts';
import { findCarrier, orderCall } from '../control/control-client.ts';
import type { CallSummary } from '../control/control-protocol.ts';
import type { LocalCarrier } from '../local-carrier.ts';
import { createTelnyxCarrier } from '../telnyx/telnyx-carrier.ts';
import { createTwilioCarrier } from '../twilio/twilio-carrier.ts';
import { UsageError, type CallCommand } from './arguments.ts';
import { CallReport, type CallOutcome } from './call-report.ts';

/** Where a command runs. */
export interface CommandSurroundings {
  readonly print: (line: string) => void;
  /** Aborted when the user wants to stop: the caller hangs up. */
  readonly signal: AbortSignal;
}

/**
 * Places the call, at a running carrier where there is one, else at a carrier of its own.
 *
 * @returns How it came out.
 * @throws UsageError where a file cannot be read, or what the call is signed with is missing.
 */
export async function runCallCommand(
  command: CallCommand,
  { print, signal }: CommandSurroundings,
): Promise<CallOutcome> {
  const wav = command.audioPath === undefined ? undefined : await readAudio(command.audioPath);
  const report = new CallReport(print);
  const carrierUrl = await findCarrier(command.url);
  const recording =
    carrierUrl === undefined
      ? await callFromHere(command, wav, report, { print, signal })
      : await callFromThere(carrierUrl, command, wav, report, { print, signal });
  if (command.recordPath !== undefined && recording && recording.length > 0) {
    await mkdir(dirname(command.recordPath), { recursive: true });
    await writeFile(command.recordPath, recording);
    print(`recording: ${command.recordPath}`);
  }
  return report.outcome;
}

async function callFromThere(
  carrierUrl: string,
  command: CallCommand,
  wav: Uint8Array | undefined,
  report: CallReport,
  { print, signal }: CommandSurroundings,
): Promise<Uint8Array | undefined> {
  let recording: Uint8Array | undefined;
  const { from, to, digits, hangUpAfterMs, recordPath } = command;
  const audio = wav && Buffer.from(wav).toString('base64');
  const order = { from, to, digits, hangUpAfterMs, audio, record: recordPath !== undefined };
  try {
    await orderCall(
      carrierUrl,
      order,
      (message) => {
        if (message.type === 'progress') report.tell(message.progress);
        else if (message.type === 'summary') print(summary(message));
        else recording = Buffer.from(message.wav, 'base64');
      },
      signal,
    );
  } catch (error) {
    if (!signal.aborted) throw error;
    print('hung up');
  }
  return recording;
}

async function callFromHere(
  command: CallCommand,
  wav: Uint8Array | undefined,
  report: CallReport,
  { print, signal }: CommandSurroundings,
): Promise<Uint8Array> {
  const { from, to, digits, hangUpAfterMs } = command;
  const carrier = await createCarrier(command);
  try {
    for (const [name, value] of Object.entries(carrier.environment)) {
      if (name.endsWith('_API_BASE_URL')) print(`simulated REST interface: ${value} (${name})`);
    }
    const call = await carrier.placeCall({ from, to, onProgress: (event) => report.tell(event) });
    const hangUp = (): void => call.hangUp();
    signal.addEventListener('abort', hangUp, { once: true });
    if (signal.aborted) hangUp();
    const audio = wav && decodeCallerAudio(wav, call.sampleRate);
    await runCallScript(call, { audio, digits, hangUpAfterMs });
    await call.settled;
    print(summary(summariseCall(call)));
    return call.recording();
  } finally {
    await carrier.close();
  }
}

/** A carrier of its own, whose webhooks the server can check. */
async function createCarrier(command: CallCommand): Promise<LocalCarrier> {
  const { url, provider, authToken, accountSid, privateKey, apiKey, codec } = command;
  const common = {
    webhookUrl: url,
    publicUrl: command.publicUrl,
    port: command.apiPort,
    record: command.recordPath !== undefined,
  };
  const missing = `No simulated carrier runs at ${url}, so the call has to be signed here: give`;
  if (provider === 'telnyx') {
    if (privateKey === undefined) {
      throw new UsageError(
        `${missing} --private-key, and the server its public key as TELNYX_PUBLIC_KEY ("phone-simulator telnyx-keys" makes a pair).`,
      );
    }
    try {
      return await createTelnyxCarrier({ ...common, privateKey, apiKey, codec });
    } catch (error) {
      if (error instanceof RangeError) throw new UsageError(`--private-key: ${error.message}`);
      throw error;
    }
  }
  if (authToken === undefined) {
    throw new UsageError(
      `${missing} the server's auth token as --auth-token or TWILIO_AUTH_TOKEN.`,
    );
  }
  return createTwilioCarrier({ ...common, authToken, accountSid });
}

async function readAudio(path: string): Promise<Uint8Array> {
  try {
    const wav = await readFile(path);
    decodeCallerAudio(wav);
    return wav;
  } catch (error) {
    throw new UsageError(`--audio ${path}: ${(error as Error).message}`);
  }
}

function summary({ playedMs, durationMs }: CallSummary): string {
  return `${(durationMs / 1000).toFixed(1)} s on the line, ${(playedMs / 1000).toFixed(1)} s of the server's audio played`;
}
