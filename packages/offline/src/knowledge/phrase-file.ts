import { ConfigurationError } from '@phone-agents/core';
import type { PhraseEntry } from './phrase-answers.ts';

const HEADING = /^##\s+(.+?)\s*$/;
const TITLE = /^#\s/;
const ALTERNATIVE = /^[-*]\s+(.+?)\s*$/;
/** A mark for other programs, such as `(key 3)`, is no part of the question. */
const TRAILING_BRACKET = /\s*\([^)]*\)$/;

/**
 * Reads what an agent knows from a Markdown file:
 *
 * ```text
 * # Anything: the title and text before the first heading are notes
 *
 * ## When are you open?
 *
 * - What are your opening hours?
 * - Are you open on Saturday?
 *
 * We are open from nine to five.
 * ```
 *
 * The heading and the list are the questions, the rest of the section is the answer.
 *
 * @throws ConfigurationError where it has no section, or one without an answer.
 */
export function parsePhraseFile(markdown: string): PhraseEntry[] {
  const sections: { heading: string; questions: string[]; answer: string[] }[] = [];
  for (const line of markdown.split(/\r?\n/)) {
    const heading = HEADING.exec(line)?.[1]?.replace(TRAILING_BRACKET, '');
    if (heading !== undefined) {
      sections.push({ heading, questions: [heading], answer: [] });
      continue;
    }
    const section = sections.at(-1);
    if (section === undefined || TITLE.test(line)) continue;
    const alternative = ALTERNATIVE.exec(line)?.[1];
    if (alternative !== undefined) section.questions.push(alternative);
    else if (line.trim() !== '') section.answer.push(line.trim());
  }
  const problems = sections
    .filter(({ answer }) => answer.length === 0)
    .map(({ heading }) => `"${heading}" has no answer below it`);
  if (sections.length === 0) problems.push('it has no section: write "## A question"');
  if (problems.length > 0) {
    throw new ConfigurationError(
      problems.map((problem) => ({ setting: 'knowledge file', problem })),
    );
  }
  return sections.map(({ questions, answer }) => ({ questions, answer: answer.join(' ') }));
}
