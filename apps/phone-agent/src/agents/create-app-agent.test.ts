import type { AgentSession } from '@phone-agents/agent';
import { silentLogger } from '@phone-agents/core';
import { untilHeard } from '@phone-agents/simulator';
import { startVendors } from '../demo/vendors/start-vendors.ts';
import { startServer } from '../server.ts';
import { readSettings } from '../settings.ts';
import type { AgentSettings } from './agent-settings.ts';
import { createAppAgent } from './create-app-agent.ts';
import { readKnowledge } from './offline-agent.ts';

/** Resolves with the first thing that the agent says which matches. */
function whenSaid(session: AgentSession, words: RegExp): Promise<string> {
  return new Promise((resolve) => {
    session.on('transcript-added', ({ role, heardText }) => {
      if (role === 'agent' && words.test(heardText)) resolve(heardText);
    });
  });
}

test.each<AgentSettings['kind']>(['pipeline', 'openai'])(
  'with AGENT=%s a caller is greeted, interrupts by a key, is answered and hangs up',
  async (kind) => {
    const closing: (() => Promise<void>)[] = [];
    try {
      const vendors = await startVendors(kind, await readKnowledge(), { isSpoken: false });
      closing.push(() => vendors.close());
      const settings = readSettings({ PORT: '0', ...vendors.environment });
      expect(settings.agent.kind).toBe(kind);
      const app = await createAppAgent(settings.agent);
      closing.push(() => app.close());
      expect(app.createAgent).toBeDefined();
      const server = await startServer(settings, { agent: app.agent, logger: silentLogger });
      closing.push(() => server.close());
      const started = new Promise<AgentSession>((resolve) =>
        app.agent.on('session-started', resolve),
      );
      const call = await server.carrier!.placeCall();
      const session = await started;
      const answered = whenSaid(session, /You can park behind the building/);
      const greeted = whenSaid(session, /^Hello/);
      // Enough for a word or two of the greeting.
      expect(await untilHeard(call, 1_500, 30_000)).toBe(true);
      call.press('3');
      await expect(greeted).resolves.toMatch(/^Hello/);
      await expect(answered).resolves.toMatch(/Parking is free for two hours/);
      expect(session.transcript[0]).toMatchObject({ role: 'agent', interrupted: true });
      call.hangUp();
      await call.settled;
      await session.call.ended;
    } finally {
      for (const close of closing.reverse()) await close();
    }
  },
);
