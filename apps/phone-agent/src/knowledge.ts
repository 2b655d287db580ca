import { ConfigurationError } from '@phone-agents/core';

/** One thing that callers ask about. */
export interface Topic {
  readonly title: string;
  /** The key of the phone that asks for it. */
  readonly key?: string | undefined;
  /** How callers ask for it. */
  readonly questions: readonly string[];
  readonly answer: string;
}

/** What the agent knows. */
export interface Knowledge {
  /** Who the agent answers for. */
  readonly name: string;
  readonly topics: readonly Topic[];
}

const TITLE = /^# +(.+)$/;
const TOPIC = /^## +(.+?)(?: +\(key ([\d*#])\))?$/;
const QUESTION = /^[-*] +(.+)$/;

interface Draft {
  readonly title: string;
  readonly key: string | undefined;
  readonly questions: string[];
  readonly answer: string[];
}

/**
 * Reads a knowledge file: a Markdown title, then a section for each topic, `## Parking (key 3)`, with
 * the questions as a list and the answer as text below it. Text before the first topic is a note.
 *
 * @throws ConfigurationError that names everything that is missing.
 */
export function parseKnowledge(markdown: string): Knowledge {
  let name = '';
  const drafts: Draft[] = [];
  for (const line of markdown.split(/\r?\n/).map((text) => text.trim())) {
    const draft = drafts.at(-1);
    const topic = TOPIC.exec(line);
    const title = TITLE.exec(line);
    const question = QUESTION.exec(line);
    if (topic) drafts.push({ title: topic[1]!, key: topic[2], questions: [], answer: [] });
    else if (title) name = title[1]!;
    else if (question) draft?.questions.push(question[1]!);
    else if (line !== '') draft?.answer.push(line);
  }
  const problems = problemsOf(name, drafts);
  if (problems.length > 0) {
    throw new ConfigurationError(
      problems.map((problem) => ({ setting: 'knowledge file', problem })),
    );
  }
  return {
    name,
    topics: drafts.map((draft) => ({ ...draft, answer: draft.answer.join(' ') })),
  };
}

function problemsOf(name: string, drafts: readonly Draft[]): string[] {
  const problems: string[] = [];
  if (name === '') problems.push('has no title; begin it with "# Name"');
  if (drafts.length === 0) problems.push('has no topic; write "## Topic (key 1)"');
  const keys = new Set<string>();
  for (const { title, key, questions, answer } of drafts) {
    if (questions.length === 0)
      problems.push(`has no question for "${title}"; list them with "- "`);
    if (answer.length === 0) problems.push(`has no answer for "${title}"`);
    if (key === undefined) continue;
    if (keys.has(key)) problems.push(`has key ${key} twice`);
    keys.add(key);
  }
  return problems;
}

/** The menu of keys, to be spoken: `Press 1 for opening hours, 2 for address.` */
export function describeKeys(topics: readonly Topic[]): string {
  const keys = topics.flatMap(({ key, title }) =>
    key === undefined ? [] : [`${key} for ${title.toLowerCase()}`],
  );
  return keys.length === 0 ? '' : `Press ${keys.join(', ')}.`;
}
