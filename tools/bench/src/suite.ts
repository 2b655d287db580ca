import type { Verdict } from './interleaved.ts';

/** A group of measurements that can be run by name: `npm run bench -- audio`. */
export interface Suite {
  /** What is measured, in a few words. */
  readonly title: string;
  /** Measures, prints what it finds line by line, and returns what became of each "must". */
  run(print: (line: string) => void): Promise<readonly Verdict[]>;
}
