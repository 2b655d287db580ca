import type { StandInThink } from '../demo/vendors/stand-in-mind.ts';
import { answerInRetrieval } from '../support/extractive-model.ts';

const CONTEXT = /^\(Not said by the caller\.\n([^]*)\nThe caller's words follow\.\)\s*([^]*)$/;

/**
 * The mind of a vendor's stand-in that answers from documents alone: from what was put before the caller's
 * words, else from what its tool gives.
 */
export const documentMind: StandInThink = ({ text, toolOutput }) => {
  const [, context, words = text] = CONTEXT.exec(text) ?? [];
  const told = toolOutput ?? context;
  return told === undefined
    ? { tool: 'searchKnowledge', arguments: { question: text } }
    : answerInRetrieval(told, words, '');
};
