import type { DemoQuestion } from './demo-script.ts';

/** What a judge makes of what the caller heard. */
export interface Verdict {
  readonly right: boolean;
  /** What was heard, and how near it is to the right answer, in a few words. */
  readonly detail: string;
}

/** Decides by sound alone whether the caller got the right answer. */
export interface Judge {
  /** @param played what the carrier played to the caller after the question, at 8 kHz */
  judge(question: DemoQuestion, played: Int16Array): Promise<Verdict>;
  close(): Promise<void>;
}
