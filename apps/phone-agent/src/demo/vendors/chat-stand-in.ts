import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A language model's interface on this machine. */
export interface ChatStandIn {
  /** For `OPENAI_BASE_URL`. */
  readonly url: string;
  readonly apiKey: string;
  close(): Promise<void>;
}

interface ChatRequest {
  readonly messages: readonly { readonly role: string; readonly content: unknown }[];
}

/**
 * Starts a stand-in for a language model on 127.0.0.1 that streams as OpenAI's API reference has it
 * ("Chat completions", `stream: true`), word by word.
 *
 * @param answer Answers what the user said last.
 */
export async function createChatStandIn(answer: (text: string) => string): Promise<ChatStandIn> {
  const apiKey = 'stand-in-key';
  const server = createServer((request, response) => {
    void (async () => {
      let body = '';
      for await (const piece of request.setEncoding('utf8')) body += String(piece);
      if (request.headers.authorization !== `Bearer ${apiKey}`) {
        refuse(response, 401, 'Incorrect API key provided.');
      } else if (request.url !== '/v1/chat/completions') refuse(response, 404, 'Not found.');
      else stream(response, answer(lastText(JSON.parse(body) as ChatRequest)));
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

function lastText({ messages }: ChatRequest): string {
  const content = messages.findLast(({ role }) => role === 'user')?.content;
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content.map((part: { readonly text?: string }) => part.text ?? '').join(' ');
}

function stream(response: ServerResponse, text: string): void {
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
  for (const word of text.match(/\S+\s*/g) ?? []) send({ content: word }, null);
  send({}, 'stop');
  response.end('data: [DONE]\n\n');
}

function refuse(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ error: { message, type: 'invalid_request_error' } }));
}
