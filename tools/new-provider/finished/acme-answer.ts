import type { CallAnswer, WebhookResponse } from '@phone-agents/core';

export function createAcmeAnswer(answer: CallAnswer): WebhookResponse {
  switch (answer.action) {
    case 'stream':
      return instruct({ action: 'stream', url: answer.mediaUrl });
    case 'announce':
      return instruct({ action: 'say', text: answer.text });
    case 'reject':
    case 'forward':
    case 'hang-up':
      return instruct(answer);
  }
}

function instruct(instruction: object): WebhookResponse {
  return {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(instruction),
  };
}
