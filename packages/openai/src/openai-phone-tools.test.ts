import { phoneTools } from '@phone-agents/agent';
import type { PhoneToolsOptions } from '@phone-agents/agent';
import { until } from './test-support/realtime-call.ts';
import { PhoneOnStandIn } from './test-support/phone-on-stand-in.ts';
import type { Think } from './testing/index.ts';

const DESK = '+15005550040';
let phone: PhoneOnStandIn | undefined;

afterEach(async () => {
  await phone?.close();
  phone = undefined;
});

/** A model that calls a tool when the caller says a word, and tells what came of it. */
function calls(word: string, tool: string, args: Record<string, unknown> = {}): Think {
  return ({ text, from, responseInstructions = '', tools }) => {
    const words = /^Say exactly this[^:]*: (.+)$/s.exec(responseInstructions)?.[1];
    if (words !== undefined) return words;
    if (from === 'tool') return text === 'Say nothing more.' ? '' : `So ${text}`;
    if (tools.includes('decide')) {
      return { tool: 'decide', arguments: { takesTheCall: text === 'yes' } };
    }
    return text === word ? { tool, arguments: args } : 'Yes?';
  };
}

async function open(think: Think, options: PhoneToolsOptions = {}): Promise<PhoneOnStandIn> {
  return PhoneOnStandIn.open(
    { think },
    {
      destinations: { desk: DESK },
      agent: { tools: (context) => phoneTools(context, options) },
    },
  );
}

test('the model hangs up once its goodbye was heard', async () => {
  phone = await open(({ text, from, responseInstructions = '' }) => {
    const words = /^Say exactly this[^:]*: (.+)$/s.exec(responseInstructions)?.[1];
    if (words !== undefined) return words;
    if (from === 'tool') return 'Goodbye.';
    return text === 'bye' ? { tool: 'hangUp', arguments: {} } : 'Yes?';
  });
  const caller = await phone.ring();
  await caller.untilHeard(/AI here\./);
  caller.say('bye');
  await expect(phone.session.call.ended).resolves.toMatchObject({ reason: 'agent-hung-up' });
  expect(caller.heard).toBe('AI here.Goodbye.');
  expect(phone.session.record.items).toContainEqual(
    expect.objectContaining({ type: 'tool-call', toolName: 'hangUp' }),
  );
});

test('the model collects keys', async () => {
  phone = await open(calls('account', 'collectDigits', { maxDigits: 3 }));
  const caller = await phone.ring();
  await caller.untilHeard(/AI here\./);
  caller.say('account');
  const { session } = phone;
  await until(() => session.transcript.length === 2 && session.state === 'listening');
  caller.call.press('123');
  await caller.untilHeard(/So \{"digits":"123","complete":true\}/);
});

test('the model transfers the caller to a named destination', async () => {
  phone = await open(calls('desk', 'transferCall', { destination: 'desk' }), {
    destinations: { desk: 'People.' },
  });
  const caller = await phone.ring();
  await caller.untilHeard(/AI here\./);
  const [line] = phone.carrier.activeCalls;
  caller.say('desk');
  await expect(phone.session.call.ended).resolves.toMatchObject({ reason: 'transferred' });
  await expect(line!.ended).resolves.toMatchObject({ by: 'forwarded', detail: DESK });
});

describe('a warm transfer', () => {
  const args = { destination: 'desk', summary: 'About a lost card.' };

  /** The model has called somebody at the desk and told them what it is about. */
  async function brief() {
    phone = await open(calls('desk', 'transferCall', args), {
      destinations: { desk: 'People.' },
      transfer: 'warm',
    });
    const caller = await phone.ring();
    await caller.untilHeard(/AI here\./);
    caller.say('desk');
    const colleague = await phone.dialled();
    await colleague.untilHeard(/About a lost card\. Press 1 to take the call, or 2 to decline\./);
    expect(caller.heard).not.toContain('lost card');
    return { phone, caller, colleague };
  }

  test('is taken by a key', async () => {
    const { phone: opened, colleague } = await brief();
    colleague.call.press('1');
    await expect(opened.session.call.ended).resolves.toMatchObject({ reason: 'transferred' });
  });

  test('is taken by a word', async () => {
    const { phone: opened, colleague } = await brief();
    colleague.say('yes');
    await expect(opened.session.call.ended).resolves.toMatchObject({ reason: 'transferred' });
  });

  test('is declined by a word, and the caller is told', async () => {
    const { phone: opened, caller, colleague } = await brief();
    colleague.say('busy');
    await caller.untilHeard(/So .*declined|So .*refused/);
    expect(opened.session.call.endInfo).toBeUndefined();
    expect(opened.session.state).toBe('speaking');
  });
});
