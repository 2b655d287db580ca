import type { OpenAIFault } from './openai-error.ts';
import { readFault } from './openai-error.ts';
import type { ServerEvent } from './realtime-transport.ts';

/** What a server event says, as far as a phone call has a use for it. Missing parts are empty. */
export interface ResponseDone {
  readonly responseId: string;
  readonly status: string;
  readonly fault: OpenAIFault;
}

export function textOf(event: ServerEvent, field: string): string {
  const value = event[field];
  return typeof value === 'string' ? value : '';
}

export function numberOf(event: ServerEvent, field: string): number {
  const value = event[field];
  return typeof value === 'number' && Number.isFinite(value) ? value : 0;
}

function objectOf(event: ServerEvent, field: string): ServerEvent {
  const value = event[field];
  return (typeof value === 'object' && value !== null ? value : {}) as ServerEvent;
}

/** Of `response.created` and `response.done`. */
export function responseId(event: ServerEvent): string {
  return textOf(objectOf(event, 'response'), 'id');
}

/** Of `response.done`. */
export function responseDone(event: ServerEvent): ResponseDone {
  const response = objectOf(event, 'response');
  const details = objectOf(response, 'status_details');
  return {
    responseId: textOf(response, 'id'),
    status: textOf(response, 'status'),
    fault: { code: textOf(details, 'reason'), ...readFault(details['error']) },
  };
}

/** Of `response.output_item.done`; undefined where the item is no function call. */
export function functionCall(
  event: ServerEvent,
): { readonly callId: string; readonly name: string; readonly arguments: string } | undefined {
  const item = objectOf(event, 'item');
  if (textOf(item, 'type') !== 'function_call') return undefined;
  return {
    callId: textOf(item, 'call_id'),
    name: textOf(item, 'name'),
    arguments: textOf(item, 'arguments'),
  };
}

/** Of `error`: the fault, and the id of the client event that it is about. */
export function reportedError(event: ServerEvent): OpenAIFault & { readonly eventId: string } {
  return { ...readFault(event['error']), eventId: textOf(objectOf(event, 'error'), 'event_id') };
}
