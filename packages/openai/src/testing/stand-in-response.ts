import type { ThinkReply } from './openai-realtime-stand-in.ts';
import { encodeAudio, readFormat } from './stand-in-audio.ts';
import type { StandInSession } from './stand-in-session.ts';

type Json = Record<string, unknown>;

/** Audio goes out in pieces of this length, as fast as the socket takes them. */
const PIECE_MS = 200;

/** Makes one response; gives what `response.done` says. */
export async function makeResponse(
  session: StandInSession,
  asked: Json,
  cancelled: AbortSignal,
): Promise<Json> {
  const id = session.nextId('resp');
  const response = { id, object: 'realtime.response', output_modalities: ['audio'] };
  session.send({
    type: 'response.created',
    response: { ...response, status: 'in_progress', output: [] },
  });
  const done = (status: string, details: Json | null = null): Json => ({
    ...response,
    status,
    status_details: details,
    output: [],
    usage: { input_tokens: 0, output_tokens: 0 },
  });
  const fault = session.options.takeFault();
  if (fault) return done('failed', { type: 'failed', error: fault });
  const reply = await thinkUnlessCancelled(session, asked, cancelled);
  if (reply === undefined) return done('cancelled', cancellation(cancelled));
  if (typeof reply === 'object') {
    callTool(session, id, reply.tool, JSON.stringify(reply.arguments));
    return done('completed');
  }
  const isWhole = reply === '' || (await speakReply(session, id, reply, cancelled));
  return isWhole ? done('completed') : done('cancelled', cancellation(cancelled));
}

function cancellation({ reason }: AbortSignal): Json {
  return { type: 'cancelled', reason: String(reason) };
}

async function thinkUnlessCancelled(
  session: StandInSession,
  asked: Json,
  cancelled: AbortSignal,
): Promise<ThinkReply | undefined> {
  const last = session.items.findLast(({ role }) => role !== 'assistant');
  await last?.known;
  if (cancelled.aborted) return undefined;
  const tools = session.config['tools'] as { readonly name: string }[];
  const instructions = asked['instructions'];
  const sessionInstructions = session.config['instructions'];
  const reply = await session.options.think({
    text: last?.text ?? '',
    from: last?.role === 'tool' ? 'tool' : 'user',
    instructions: typeof sessionInstructions === 'string' ? sessionInstructions : '',
    responseInstructions: typeof instructions === 'string' ? instructions : undefined,
    tools: tools.map(({ name }) => name),
    conversation: session.items,
  });
  return cancelled.aborted ? undefined : reply;
}

function callTool(session: StandInSession, responseId: string, name: string, args: string): void {
  const item = {
    id: session.nextId('item'),
    object: 'realtime.item',
    type: 'function_call',
    status: 'completed',
    call_id: session.nextId('call'),
    name,
    arguments: args,
  };
  const place = { response_id: responseId, output_index: 0 };
  session.send({
    type: 'response.output_item.added',
    ...place,
    item: { ...item, status: 'in_progress', arguments: '' },
  });
  session.send({
    type: 'response.function_call_arguments.done',
    ...place,
    item_id: item.id,
    call_id: item.call_id,
    arguments: args,
  });
  session.send({ type: 'response.output_item.done', ...place, item });
}

/** @returns Whether it came to its end. */
async function speakReply(
  session: StandInSession,
  responseId: string,
  text: string,
  cancelled: AbortSignal,
): Promise<boolean> {
  const itemId = session.nextId('item');
  const item = session.addItem({ id: itemId, role: 'assistant', text: '' });
  const shown = { id: itemId, object: 'realtime.item', type: 'message', role: 'assistant' };
  const place = { response_id: responseId, output_index: 0 };
  const part = { ...place, item_id: itemId, content_index: 0 };
  const begun = { ...shown, status: 'in_progress', content: [] };
  session.send({ type: 'response.output_item.added', ...place, item: begun });
  session.send({ type: 'conversation.item.added', item: begun });
  session.send({
    type: 'response.content_part.added',
    ...part,
    part: { type: 'audio', transcript: '' },
  });
  const format = readFormat(((session.config['audio'] as Json)['output'] as Json)['format']);
  const { sampleRate } = format;
  const speech = session.options.speak(text, sampleRate);
  const words = text.match(/\S+\s*/g) ?? [text];
  let saidWords = 0;
  const say = (count: number): void => {
    for (; saidWords < Math.min(count, words.length); saidWords++) {
      const delta = words[saidWords]!;
      session.send({ type: 'response.output_audio_transcript.delta', ...part, delta });
      if (!item.isTruncated) item.text += delta;
    }
  };
  let isWhole = true;
  const length = (PIECE_MS * sampleRate) / 1000;
  for await (const samples of speech instanceof Int16Array ? [speech] : speech) {
    for (let at = 0; at < samples.length && isWhole; at += length) {
      const piece = samples.subarray(at, at + length);
      say(saidWords + 1);
      session.send({
        type: 'response.output_audio.delta',
        ...part,
        delta: encodeAudio(piece, format),
      });
      if (!item.isTruncated) item.audioMs += (piece.length * 1000) / sampleRate;
      // Lets a cancellation come in between.
      await new Promise((resolve) => setImmediate(resolve));
      isWhole = !cancelled.aborted && session.isOpen;
    }
    if (!isWhole) break;
  }
  if (isWhole) say(words.length);
  session.send({ type: 'response.output_audio.done', ...part });
  session.send({
    type: 'response.output_audio_transcript.done',
    ...part,
    transcript: words.slice(0, saidWords).join(''),
  });
  const transcript = words.slice(0, saidWords).join('');
  const ended = {
    ...shown,
    status: isWhole ? 'completed' : 'incomplete',
    content: [{ type: 'output_audio', transcript }],
  };
  session.send({
    type: 'response.content_part.done',
    ...part,
    part: { type: 'audio', transcript },
  });
  session.send({ type: 'response.output_item.done', ...place, item: ended });
  session.send({ type: 'conversation.item.done', item: ended });
  return isWhole;
}
