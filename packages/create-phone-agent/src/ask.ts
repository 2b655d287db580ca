import type { ProjectChoices, Question } from './choices.ts';
import { QUESTIONS } from './choices.ts';

/** Asks one line; an empty answer means the default. */
export type Ask = (prompt: string) => Promise<string>;

/** Asks for the folder and for every choice that is not made yet, again until the answer is one. */
export async function askForMissing(
  known: { readonly folder: string | undefined; readonly choices: Partial<ProjectChoices> },
  defaults: { readonly folder: string; readonly choices: ProjectChoices },
  ask: Ask,
): Promise<{ folder: string; choices: ProjectChoices }> {
  let { folder } = known;
  folder ??= (await ask(`Folder (${defaults.folder}): `)).trim() || defaults.folder;
  const choices = { ...defaults.choices, ...known.choices };
  for (const question of QUESTIONS) {
    if (known.choices[question.name] !== undefined) continue;
    Object.assign(choices, { [question.name]: await askOne(question, ask) });
  }
  return { folder, choices };
}

async function askOne({ text, options }: Question, ask: Ask): Promise<string> {
  const names = Object.keys(options);
  const lines = Object.entries(options).map(
    ([name, meaning], index) => `  ${index + 1}  ${name.padEnd(8)} ${meaning}`,
  );
  const prompt = ['', text, ...lines, `1 to ${names.length} (1): `].join('\n');
  for (;;) {
    const answer = (await ask(prompt)).trim().toLowerCase() || '1';
    const chosen = names.find((name, index) => answer === name || answer === String(index + 1));
    if (chosen !== undefined) return chosen;
  }
}
