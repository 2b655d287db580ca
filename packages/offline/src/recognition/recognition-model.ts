import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readFrequentWords } from './frequent-words.ts';
import { buildArpaLanguageModel } from './language-model.ts';
import { formatPronunciations, parsePronunciations } from './pronunciations.ts';
import type { Pronunciations } from './pronunciations.ts';
import { spokenWords } from './spoken-words.ts';

const SENTENCE_SHARE = 0.8;
const DISCOUNT = 0.2;

export interface RecognitionModelRequest {
  /** Folder of the recogniser's English model. */
  readonly modelDirectory: string;
  readonly phrases: readonly string[];
  /** How many frequent English words are known besides those of the phrases. */
  readonly frequentWords: number;
}

/** What a decoder is made from, as the texts of the two files. */
export interface RecognitionModel {
  /** Language model in ARPA format. */
  readonly languageModel: string;
  /** Words with their phones, in the format of CMUdict. */
  readonly dictionary: string;
  /** Words of the phrases that the dictionary lacks, with the phones that they were given. */
  readonly addedWords: ReadonlyMap<string, string>;
  /** Words of the phrases that nobody could pronounce: they cannot be recognised. */
  readonly droppedWords: readonly string[];
}

/**
 * Makes a language model and a dictionary for the given phrases; takes some 300 ms.
 *
 * @param pronounce gives the phones of a word that the dictionary lacks, or an empty string.
 */
export function buildRecognitionModel(
  request: RecognitionModelRequest,
  pronounce: (word: string) => string,
): RecognitionModel {
  const known = parsePronunciations(
    readFileSync(join(request.modelDirectory, 'cmudict-en-us.dict'), 'utf8'),
  );
  const background = readFrequentWords(
    join(request.modelDirectory, 'en-us.lm.bin'),
    request.frequentWords,
    (word) => known.has(word) && /^[a-z']+$/.test(word),
  );
  const dictionary: Pronunciations = new Map();
  for (const word of background.keys()) dictionary.set(word, known.get(word) as string[]);
  const addedWords = new Map<string, string>();
  const dropped = new Set<string>();
  const sentences: string[][] = [];
  for (const phrase of new Set(request.phrases.map((text) => spokenWords(text).join(' ')))) {
    const words = phrase.split(' ').filter((word) => word !== '');
    for (const word of words) {
      if (dictionary.has(word) || dropped.has(word)) continue;
      const phones = known.get(word) ?? [pronounce(word)];
      if (phones[0] === '') {
        dropped.add(word);
        continue;
      }
      if (!known.has(word)) addedWords.set(word, phones[0] as string);
      dictionary.set(word, phones);
    }
    // A sentence with a hole would teach the model a pair of words that nobody says.
    if (words.length > 0 && !words.some((word) => dropped.has(word))) sentences.push(words);
  }
  const languageModel = buildArpaLanguageModel({
    sentences,
    background,
    sentenceShare: SENTENCE_SHARE,
    discount: DISCOUNT,
  });
  return {
    languageModel,
    dictionary: formatPronunciations(dictionary),
    addedWords,
    droppedWords: [...dropped],
  };
}
