import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as realDelay } from 'node:timers/promises';
import { createMCPClient } from '@ai-sdk/mcp';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { ManualClock } from '@phone-agents/core/testing';
import { z } from 'zod';
import { scriptedModel } from '../testing/scripted-model.ts';
import { TestCall } from '../testing/test-call.ts';
import { createToneSpeech } from '../testing/tone-speech.ts';
import { createVoiceAgent } from '../voice-agent.ts';

const REQUEST_MS = 2;

/** A library's MCP server on 127.0.0.1, over streamable HTTP; one session for each client. */
class LibraryServer {
  readonly #sessions = new Map<string, StreamableHTTPServerTransport>();
  readonly #http: Server;

  constructor() {
    this.#http = createServer((request, response) => {
      void (async () => {
        const known = this.#sessions.get(String(request.headers['mcp-session-id']));
        await (known ?? (await this.#open())).handleRequest(request, response);
      })();
    });
  }

  get sessionCount(): number {
    return this.#sessions.size;
  }

  async listen(): Promise<string> {
    this.#http.listen(0, '127.0.0.1');
    await once(this.#http, 'listening');
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}/mcp`;
  }

  async close(): Promise<void> {
    for (const transport of this.#sessions.values()) await transport.close();
    this.#http.close();
    this.#http.closeAllConnections();
    await once(this.#http, 'close');
  }

  async #open(): Promise<StreamableHTTPServerTransport> {
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => void this.#sessions.set(id, transport),
      onsessionclosed: (id) => void this.#sessions.delete(id),
    });
    const server = new McpServer({ name: 'library', version: '1.0.0' });
    server.registerTool(
      'findBook',
      { description: 'Finds a book by its title.', inputSchema: { title: z.string() } },
      ({ title }) => {
        if (title === 'Ulysses') throw new Error('That shelf is locked.');
        return { content: [{ type: 'text', text: `${title} is on shelf 7.` }] };
      },
    );
    await server.connect(transport);
    return transport;
  }
}

let library: LibraryServer;
let url: string;

beforeEach(async () => {
  library = new LibraryServer();
  url = await library.listen();
});

afterEach(() => library.close());

/** Time for the agent and for the server's answers. */
async function pass(clock: ManualClock, durationMs: number): Promise<void> {
  for (let passedMs = 0; passedMs < durationMs; passedMs += 20) {
    await clock.advance(20);
    await realDelay(REQUEST_MS);
  }
}

async function start(script: Parameters<typeof scriptedModel>[0]) {
  const clock = new ManualClock();
  const model = scriptedModel(script, { clock });
  const agent = createVoiceAgent({
    ...createToneSpeech(),
    greeting: 'AI here.',
    fillers: false,
    model,
    tools: async ({ call }) => {
      const mcp = await createMCPClient({ transport: { type: 'http', url } });
      call.own(() => mcp.close());
      return mcp.tools();
    },
  });
  await agent.prepare();
  const test = await TestCall.connect(agent, clock);
  await pass(clock, 1_000);
  return { test, model, clock };
}

test('the model calls a tool of an MCP server, whose client is closed with the call', async () => {
  const { test, model, clock } = await start([
    { text: 'I look.', toolCalls: [{ toolName: 'findBook', input: { title: 'Emma' } }] },
    ({ toolResults }) => (JSON.stringify(toolResults).includes('shelf 7') ? 'Shelf 7.' : 'No.'),
  ]);
  expect(library.sessionCount).toBe(1);
  test.phone.say('Emma?');
  await pass(clock, 5_000);
  expect(test.lines).toEqual(['agent: AI here.', 'caller: Emma?', 'agent: I look. Shelf 7.']);
  expect(model.requests[0]!.tools).toEqual(['findBook']);
  await test.call.hangUp();
  await pass(clock, 100);
  expect(library.sessionCount).toBe(0);
});

test('what a tool of an MCP server fails with is told to the model', async () => {
  const { test, clock } = await start([
    { toolCalls: [{ toolName: 'findBook', input: { title: 'Ulysses' } }] },
    ({ toolResults }) =>
      JSON.stringify(toolResults).includes('That shelf is locked') ? 'It is locked.' : 'No.',
  ]);
  test.phone.say('Ulysses?');
  await pass(clock, 5_000);
  expect(test.lines.at(-1)).toBe('agent: It is locked.');
  await test.call.hangUp();
});

test('a call that ends while the tools are asked for leaves no client behind', async () => {
  const clock = new ManualClock();
  const ringing = await TestCall.ring(clock);
  const agent = createVoiceAgent({
    ...createToneSpeech(),
    greeting: 'AI here.',
    model: scriptedModel([]),
    tools: async ({ call }) => {
      const mcp = await createMCPClient({ transport: { type: 'http', url } });
      void ringing.call.hangUp();
      call.own(() => mcp.close());
      return mcp.tools();
    },
  });
  await expect(ringing.join(agent)).rejects.toBeDefined();
  await pass(clock, 200);
  expect(library.sessionCount).toBe(0);
});
