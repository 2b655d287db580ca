import type { AgentSession } from '@phone-agents/agent';
import type { Logger, SampleRate } from '@phone-agents/core';
import { resampleAll } from '@phone-agents/core';
import type { CallerAction, CarrierCall } from '@phone-agents/simulator';
import {
  answerDelayMs,
  callSound,
  findSpeech,
  greetingDelayMs,
  interruptionDelayMs,
} from '@phone-agents/simulator';
import type { AgentSettings } from '../agents/agent-settings.ts';
import type { AppAgent } from '../agents/app-agent.ts';
import { createAppAgent } from '../agents/create-app-agent.ts';
import { readKnowledge } from '../agents/offline-agent.ts';
import { whyNoRecognition } from '../recognition.ts';
import { PHONE_RATE, renderForPhone } from '../render-for-phone.ts';
import type { RunningServer } from '../server.ts';
import { startServer } from '../server.ts';
import { readSettings } from '../settings.ts';
import { followTranscript } from '../transcript.ts';
import type { AskedQuestion, DemoCourse } from './demo-caller.ts';
import { playCaller } from './demo-caller.ts';
import type { DemoLine } from './demo-line.ts';
import { demoLine, lineEnvironment } from './demo-line.ts';
import type { Delay, JudgedQuestion } from './demo-report.ts';
import { describeResult } from './demo-report.ts';
import { createEarJudge } from './ear-judge.ts';
import type { Judge } from './judge.ts';
import type { Voice } from './mouths.ts';
import { createVoice, keypadOf } from './mouths.ts';
import { createRenderingJudge } from './rendering-judge.ts';
import { saveRecording } from './save-recording.ts';
import { startVendors } from './vendors/start-vendors.ts';

export interface DemoOptions {
  /** Who carries the call; default Twilio. */
  readonly line?: DemoLine | undefined;
  /** Who answers; default the offline agent. The others talk to stand-ins of their vendors. */
  readonly agent?: AgentSettings['kind'] | undefined;
  /** Where phone and agent meet; default in this process. `stream` goes through a stand-in of Stream Video. */
  readonly edge?: 'local' | 'stream' | undefined;
  /** Why the caller must use keys, though speech may be recognised here. */
  readonly keypadOnlyBecause?: string | undefined;
  /** What the agent knows, a file or a folder; default the clinic's, whose answers the caller expects. */
  readonly knowledgeFile?: string | undefined;
  /** Folder of the recording; default `recordings`. */
  readonly recordingFolder?: string | undefined;
  readonly logger: Logger;
  readonly print: (text: string) => void;
}

/**
 * Starts the app on a simulated network, places one call, and lets the caller judge by ear.
 *
 * @returns whether the caller got the right answers.
 * @throws Error where the call does not take its course.
 */
export async function runDemo(options: DemoOptions): Promise<boolean> {
  const { print, line = demoLine() } = options;
  const closing: (() => Promise<void>)[] = [];
  try {
    print('A simulated caller rings the sample agent. No account, no network.');
    print(`carrier: ${line.provider}, the caller's line has ${line.callerCodec}`);
    const because = options.keypadOnlyBecause ?? (await whyNoRecognition());
    print(`speech recognition: ${because === undefined ? 'on' : `off (${because})`}`);
    const voice = because === undefined ? await createVoice() : undefined;
    const judge = voice ? createEarJudge() : await createRenderingJudge();
    closing.push(() => judge.close());
    const edge = options.edge === 'stream' ? await startStandin(closing, print) : {};
    const vendors = await startVendors(
      options.agent ?? 'offline',
      await readKnowledge(options.knowledgeFile),
      { isSpoken: because === undefined },
    );
    closing.push(() => vendors.close());
    if (vendors.description) print(`agent: ${options.agent}, with ${vendors.description}`);
    const settings = readSettings({
      ...lineEnvironment(line),
      PORT: '0',
      ...edge,
      ...vendors.environment,
    });
    const app = await createAppAgent(settings.agent, { ...options, keypadOnlyBecause: because });
    closing.push(() => app.close());
    const server = await startServer(settings, {
      agent: app.agent,
      logger: options.logger,
      renderAnnouncement: renderForPhone,
      callerCodec: line.callerCodec,
    });
    closing.push(() => server.close());
    const { call, course } = await placeCall(server, app, voice, print);
    const recording = await saveRecording(
      call,
      voice ? 'speech' : 'keypad',
      options.recordingFolder,
    );
    const judged = await judgeAll(judge, course, call.sampleRate);
    print(describeResult(judged, measure(call, course, voice), recording));
    const right = judged.length > 1 && judged.every(({ verdict }) => verdict.right);
    print(
      right ? 'The caller got the right answers.' : 'The caller did NOT get the right answers.',
    );
    return right;
  } finally {
    for (const close of closing.reverse()) await close();
  }
}

/** Starts a stand-in of Stream Video on this machine, and gives the settings that lead to it. */
async function startStandin(
  closing: (() => Promise<void>)[],
  print: (text: string) => void,
): Promise<Record<string, string>> {
  const { createStreamStandin } = await import('@phone-agents/stream-standin');
  const standin = await createStreamStandin();
  closing.push(() => standin.close());
  print('edge: stream (a stand-in of Stream Video on this machine; audio goes over WebRTC)');
  return {
    EDGE: 'stream',
    STREAM_API_KEY: standin.apiKey,
    STREAM_API_SECRET: standin.apiSecret,
    STREAM_BASE_URL: standin.url,
  };
}

async function placeCall(
  server: RunningServer,
  app: AppAgent,
  voice: Voice | undefined,
  print: (text: string) => void,
): Promise<{ readonly call: CarrierCall; readonly course: DemoCourse }> {
  if (!server.carrier) throw new Error('The demo needs the simulated network');
  const sessions: AgentSession[] = [];
  app.agent.on('session-started', (session) => sessions.push(session));
  print('\nTranscript, as the agent has it:');
  followTranscript(app.agent, print);
  const call = await server.carrier.placeCall();
  const mouth = voice ? voice.mouthFor(call) : keypadOf(call);
  const writer = voice
    ? undefined
    : { receiveText: (text: string) => sessions[0]?.receiveText(text) };
  const course = await playCaller(call, mouth, writer);
  await call.settled;
  return { call, course };
}

async function judgeAll(
  judge: Judge,
  course: DemoCourse,
  sampleRate: SampleRate,
): Promise<JudgedQuestion[]> {
  const judged: JudgedQuestion[] = [];
  for (const asked of [course.first, course.interrupting, course.written]) {
    if (!asked) continue;
    const played = resampleAll(asked.played, sampleRate, PHONE_RATE);
    const verdict = await judge.judge(asked.asked, played);
    judged.push({ question: asked.asked.question, verdict });
  }
  return judged;
}

function measure(call: CarrierCall, course: DemoCourse, voice: Voice | undefined): Delay[] {
  const sound = callSound(call);
  const actionOf = ({ asked, fromMs }: AskedQuestion): CallerAction =>
    voice ? findSpeech(sound, fromMs, voice.durationMs(asked)) : { startMs: fromMs, endMs: fromMs };
  const { placedMs, answeredMs = placedMs } = call.times;
  const answerDelay = (ended: string, asked: AskedQuestion): Delay => ({
    name: `${ended} to first audio: ${asked.asked.question}`,
    ms: answerDelayMs(sound, actionOf(asked)),
  });
  return [
    { name: 'ring to answer', ms: answeredMs - placedMs },
    { name: 'answer to greeting', ms: greetingDelayMs(sound) },
    // The first key stops the greeting, so it is not asked into silence.
    voice ? answerDelay('end of speech', course.first) : answerDelay('key', course.interrupted),
    course.written
      ? answerDelay('text', course.written)
      : answerDelay('end of speech', course.interrupted),
    {
      name: 'interruption to silence',
      ms: voice
        ? interruptionDelayMs(sound, actionOf(course.interrupting))
        : course.heard.emptyFromMs(course.interrupting.fromMs) - course.interrupting.fromMs,
    },
  ];
}
