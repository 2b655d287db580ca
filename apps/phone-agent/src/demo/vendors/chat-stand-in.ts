import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { StandInReply, StandInThink } from './stand-in-mind.ts';

/** A language model's interface on this machine. */
export interface ChatStandIn {
  /** For `OPENAI_BASE_URL`. */
  readonly url: string;
  readonly apiKey: string;
  close(): Promise<void>;
}

interface ChatMessage {
  readonly role: string;
  readonly content: string | readonly { readonly text?: string }[] | null;
}

interface ChatRequest {
  readonly messages: readonly ChatMessage[];
}

/** Makes vectors of texts. */
export type StandInEmbed = (texts: readonly string[]) => Promise<readonly (readonly number[])[]>;

/**
 * Starts a stand-in for a language model on 127.0.0.1 that streams as OpenAI's API reference has it
 * ("Chat completions", `stream: true`), word by word, or a tool call.
 *
 * @param think Thinks up the answers.
 * @param embed What its embedding model does ("Embeddings"); without, there is none.
 */
export async function createChatStandIn(
  think: StandInThink,
  embed?: StandInEmbed,
): Promise<ChatStandIn> {
  const apiKey = 'stand-in-key';
  const server = createServer((request, response) => {
    void (async () => {
      let body = '';
      for await (const piece of request.setEncoding('utf8')) body += String(piece);
      if (request.headers.authorization !== `Bearer ${apiKey}`) {
        refuse(response, 401, 'Incorrect API key provided.');
      } else if (request.url === '/v1/chat/completions') {
        stream(response, think(lastOf(JSON.parse(body) as ChatRequest)));
      } else if (request.url === '/v1/embeddings' && embed) {
        const { input } = JSON.parse(body) as { readonly input: readonly string[] };
        const data = (await embed(input)).map((embedding, index) => ({ index, embedding }));
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ object: 'list', data, usage: { prompt_tokens: 0 } }));
      } else refuse(response, 404, 'Not found.');
    })().catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    apiKey,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

function lastOf({ messages }: ChatRequest): Parameters<StandInThink>[0] {
  const last = messages.at(-1);
  return {
    text: textOf(messages.findLast(({ role }) => role === 'user')),
    toolOutput: last?.role === 'tool' ? textOf(last) : undefined,
  };
}

function textOf(message: ChatMessage | undefined): string {
  const content = message?.content ?? '';
  return typeof content === 'string' ? content : content.map(({ text = '' }) => text).join(' ');
}

function stream(response: ServerResponse, reply: StandInReply): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const send = (delta: Record<string, unknown>, finishReason: string | null): void => {
    const chunk = {
      id: 'chatcmpl-stand-in',
      object: 'chat.completion.chunk',
      created: 1_795_340_460,
      model: 'stand-in',
      choices: [{ index: 0, delta, finish_reason: finishReason }],
    };
    response.write(`data: ${JSON.stringify(chunk)}\n\n`);
  };
  send({ role: 'assistant', content: '' }, null);
  if (typeof reply === 'string') {
    for (const word of reply.match(/\S+\s*/g) ?? []) send({ content: word }, null);
    send({}, 'stop');
  } else {
    const called = { name: reply.tool, arguments: JSON.stringify(reply.arguments) };
    const call = { index: 0, id: 'call_stand_in', type: 'function', function: called };
    send({ tool_calls: [call] }, null);
    send({}, 'tool_calls');
  }
  response.end('data: [DONE]\n\n');
}

function refuse(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ error: { message, type: 'invalid_request_error' } }));
}
