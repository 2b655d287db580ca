import { fileURLToPath } from 'node:url';
import type { AgentSession } from '@phone-agents/agent';
import { resampleAll } from '@phone-agents/core';
import { PHONE_RATE, renderForPhone } from '../render-for-phone.ts';
import { startServer } from '../server.ts';
import { readSettings } from '../settings.ts';
import { createSupportAgent } from '../support/support-agent.ts';
import { openSupportKnowledge } from '../support/support-knowledge.ts';
import { followTranscript } from '../transcript.ts';
import { demoLine, lineEnvironment } from './demo-line.ts';
import { describeJudged } from './demo-report.ts';
import { createEarJudge } from './ear-judge.ts';
import { createVoice } from './mouths.ts';
import { createRenderingJudge } from './rendering-judge.ts';
import type { DemoOptions } from './run-demo.ts';
import { saveRecording } from './save-recording.ts';
import { askInTurn } from './support-caller.ts';
import { FRONT_DESK, SUPPORT_QUESTIONS, WRONG_SUPPORT_ANSWERS } from './support-script.ts';

/** What the agent answers from, unless another folder is given. */
export const SUPPORT_FOLDER = fileURLToPath(new URL('../../support', import.meta.url));

/**
 * Starts the app with an agent that answers from documents, places one call, asks five questions of which
 * the last is in no document, and lets the caller judge by ear.
 *
 * @returns whether the caller got the right answers.
 * @throws Error where the call does not take its course.
 */
export async function runSupportDemo(options: DemoOptions): Promise<boolean> {
  const { print, logger, line = demoLine(), knowledgeFile: folder = SUPPORT_FOLDER } = options;
  const closing: (() => Promise<void>)[] = [];
  try {
    print('A simulated caller asks an agent that answers from documents. No account, no network.');
    const knowledge = await openSupportKnowledge({
      folder,
      backend: { kind: 'local', path: undefined },
      transferTo: FRONT_DESK,
      logger,
    });
    closing.push(() => knowledge.close());
    const { files, passages } = knowledge.report;
    print(`documents: ${files} files, ${passages} passages, searched by words alone`);
    const support = await createSupportAgent(knowledge, {
      keypadOnlyBecause: options.keypadOnlyBecause,
    });
    closing.push(() => support.close());
    const because = support.keypadOnlyBecause;
    print(
      `speech recognition: ${because === undefined ? 'on' : `off (${because}): the caller writes`}`,
    );
    const voice = because === undefined ? await createVoice(SUPPORT_QUESTIONS) : undefined;
    const judge = voice
      ? createEarJudge({ questions: SUPPORT_QUESTIONS, wrongAnswers: WRONG_SUPPORT_ANSWERS })
      : await createRenderingJudge(SUPPORT_QUESTIONS);
    closing.push(() => judge.close());
    const server = await startServer(readSettings({ ...lineEnvironment(line), PORT: '0' }), {
      agent: support.agent,
      logger,
      renderAnnouncement: renderForPhone,
      callerCodec: line.callerCodec,
    });
    closing.push(() => server.close());
    if (!server.carrier) throw new Error('The demo needs the simulated network');
    const sessions: AgentSession[] = [];
    support.agent.on('session-started', (session) => sessions.push(session));
    print('\nTranscript, as the agent has it:');
    followTranscript(support.agent, print);
    const call = await server.carrier.placeCall();
    const asked = await askInTurn(call, SUPPORT_QUESTIONS, voice?.mouthFor(call), {
      receiveText: (text) => sessions[0]?.receiveText(text),
    });
    await call.settled;
    const judged = [];
    for (const { asked: question, played } of asked) {
      const verdict = await judge.judge(question, resampleAll(played, call.sampleRate, PHONE_RATE));
      judged.push({ question: question.question, verdict });
    }
    print(describeJudged(judged));
    print(`\nRecording: ${await saveRecording(call, 'support', options.recordingFolder)}`);
    const right = judged.every(({ verdict }) => verdict.right);
    print(
      right ? 'The caller got the right answers.' : 'The caller did NOT get the right answers.',
    );
    return right;
  } finally {
    for (const close of closing.reverse()) await close();
  }
}
