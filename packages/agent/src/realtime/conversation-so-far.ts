import type { Conversation } from '../conversation.ts';
import type { Utterance } from '../speaking/utterance.ts';
import type { ConversationMessage } from '../thinking/responder.ts';

/**
 * What was heard on either side, oldest first, for a model that has to be told; `current` is being
 * said. The caller's words may have come to be known later than the answer.
 */
export function conversationSoFar(
  { entries }: Conversation,
  current: Utterance | undefined,
): ConversationMessage[] {
  const messages = entries
    .filter(({ heardText }) => heardText !== '')
    .toSorted((one, other) => one.startMs - other.startMs)
    .map(({ role, heardText }): ConversationMessage => ({ role, text: heardText }));
  const saying = current?.progress.text ?? '';
  return saying === '' ? messages : [...messages, { role: 'agent', text: saying }];
}
