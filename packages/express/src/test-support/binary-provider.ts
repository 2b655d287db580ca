import type {
  CallAnswer,
  MediaSocket,
  PhoneCall,
  PhoneMediaStreamOptions,
  ProviderHost,
  TelephonyProvider,
  WebhookRequest,
  WebhookResponse,
} from '@phone-agents/core';
import {
  MediaAdmissionError,
  PhoneMediaStream,
  ProviderRequestError,
  WebhookVerificationError,
  headerValue,
} from '@phone-agents/core';
import { AUDIO, CONTENT_TYPE, isSignedWebhook, parseRecord, textOf } from './binary-protocol.ts';

const FINAL_EVENTS = { completed: 'completed', failed: 'failed', busy: 'busy' } as const;

function json(document: unknown): WebhookResponse {
  return {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(document),
  };
}

/** The call-control document (NCCO) for an answer. */
function control(answer: CallAnswer): readonly object[] {
  switch (answer.action) {
    case 'stream':
      return [
        {
          action: 'connect',
          endpoint: [
            {
              type: 'websocket',
              uri: answer.mediaUrl,
              'content-type': CONTENT_TYPE,
              headers: { 'call-uuid': answer.call.providerCallId },
            },
          ],
        },
      ];
    case 'announce':
      return [{ action: 'talk', text: answer.text }];
    case 'forward':
      return [{ action: 'connect', endpoint: [{ type: 'phone', number: answer.to }] }];
    case 'reject':
    case 'hang-up':
      return [];
  }
}

/**
 * A provider of Vonage's shape: JSON webhooks that a JWT signs, a JSON call-control document, binary
 * L16 frames on the media socket, and no marks. It speaks to the carrier of these tests for real.
 */
export function createBinaryProvider(settings: { readonly apiUrl: string }): TelephonyProvider {
  const command = async (call: PhoneCall, body: object): Promise<void> => {
    let response: Response;
    try {
      response = await fetch(`${settings.apiUrl}/v1/calls/${call.providerCallId}`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    } catch (error) {
      throw new ProviderRequestError('The carrier cannot be reached.', { cause: error });
    }
    if (response.ok || response.status === 404) return;
    throw new ProviderRequestError('The carrier refused.', { status: response.status });
  };
  return {
    name: 'binary',
    webhooks: [
      { path: '/binary/answer', purpose: 'a call has come in' },
      { path: '/binary/event', purpose: 'a call has changed' },
    ],
    checkSettings: () =>
      settings.apiUrl === ''
        ? [
            {
              setting: 'BINARY_API_URL',
              problem: 'it is missing; put the address of the API there',
            },
          ]
        : [],
    async handleWebhook(request, host) {
      if (request.method !== 'POST') return { status: 405, headers: { allow: 'POST' }, body: '' };
      if (!isSignedWebhook(headerValue(request.headers, 'authorization'), request.rawBody)) {
        throw new WebhookVerificationError('The signature does not fit the body.');
      }
      return handleVerified(request, host);
    },
    verifyMediaUpgrade(request) {
      if (request.query !== '') throw new MediaAdmissionError(401, 'A media address has no query.');
    },
    createMediaStream: (socket, options) => new BinaryMediaStream(socket, options),
    hangUp: (call) => command(call, { action: 'hangup' }),
    announceAndHangUp: (call, text) =>
      command(call, {
        action: 'transfer',
        destination: { type: 'ncco', ncco: [{ action: 'talk', text }] },
      }),
  };
}

async function handleVerified(
  request: WebhookRequest,
  host: ProviderHost,
): Promise<WebhookResponse> {
  const report = parseRecord(Buffer.from(request.rawBody).toString());
  const providerCallId = textOf(report, 'uuid');
  if (request.path === '/binary/answer') {
    const details = { provider: 'binary', conversationId: textOf(report, 'conversation_uuid') };
    const from = textOf(report, 'from');
    const to = textOf(report, 'to');
    return json(control(await host.incomingCall({ providerCallId, from, to, details })));
  }
  if (request.path === '/binary/event') {
    for (const [status, progress] of Object.entries(FINAL_EVENTS)) {
      if (report['status'] === status) await host.callStatus({ providerCallId, progress });
    }
    return { status: 204, headers: {}, body: '' };
  }
  return { status: 404, headers: {}, body: '' };
}

/** Binary L16 frames both ways; the first message is text and names the call. */
class BinaryMediaStream extends PhoneMediaStream {
  constructor(socket: MediaSocket, options: PhoneMediaStreamOptions) {
    super(socket, options, { outboundFormat: AUDIO, marks: false, reorderFrames: 0 });
  }

  protected override receive(data: Uint8Array, isBinary: boolean): void {
    if (isBinary) {
      this.receiveMedia(data);
      return;
    }
    const message = parseRecord(Buffer.from(data).toString());
    switch (message['event']) {
      case 'websocket:connected':
        this.receiveStart({
          streamId: textOf(message, 'call-uuid'),
          providerCallId: textOf(message, 'call-uuid'),
          inboundFormat: AUDIO,
          parameters: {},
        });
        break;
      case 'websocket:dtmf':
        this.receiveDigit(textOf(message, 'digit'));
        break;
      case 'websocket:cleared':
        break;
      default:
        this.warn('unknown-event', {}, 'The carrier sent a message of an unknown kind');
    }
  }

  protected override writeAudio(bytes: Uint8Array): void {
    this.send(bytes);
  }

  protected override writeMark(): void {
    // There are none; playing is estimated by the clock.
  }

  protected override writeClear(): void {
    this.send('{"action":"clear"}');
  }
}
