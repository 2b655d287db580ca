import { buildArpaLanguageModel } from './language-model.ts';

const source = {
  sentences: ['when are you open', 'when do you close', 'are you open today', 'yes'].map((text) =>
    text.split(' '),
  ),
  background: new Map([
    ['the', 5],
    ['you', 3],
    ['hello', 1],
  ]),
  sentenceShare: 0.5,
  discount: 0.2,
};

/** Reads an ARPA file as its format says, and answers as a decoder would. */
function readArpa(text: string) {
  const probabilities = new Map<string, number>();
  const backoffs = new Map<string, number>();
  const promised = [...text.matchAll(/^ngram \d=(\d+)$/gm)].map((match) => Number(match[1]));
  const found = [0, 0, 0];
  let order = 0;
  for (const line of text.split('\n')) {
    order = Number(/^\\(\d)-grams:$/.exec(line)?.[1] ?? order);
    if (!/^-?\d/.test(line)) continue;
    const [probability, ...rest] = line.split(' ');
    const words = rest.slice(0, order).join(' ');
    found[order - 1]! += 1;
    probabilities.set(words, 10 ** Number(probability));
    if (rest.length > order) backoffs.set(words, 10 ** Number(rest[order]));
  }
  const probability = (words: readonly string[]): number => {
    const listed = probabilities.get(words.join(' '));
    if (listed !== undefined) return listed;
    if (words.length === 1) return 0;
    return (backoffs.get(words.slice(0, -1).join(' ')) ?? 1) * probability(words.slice(1));
  };
  const vocabulary = [...probabilities.keys()].filter((key) => !key.includes(' ') && key !== '<s>');
  return { probability, vocabulary, promised, found };
}

test('what may follow any context sums to one', () => {
  const { probability, vocabulary } = readArpa(buildArpaLanguageModel(source));
  for (const context of ['', '<s>', 'you', 'yes', 'the', '<s> when', 'are you', 'you open']) {
    const before = context.split(' ').filter((word) => word !== '');
    const sum = vocabulary.reduce((all, word) => all + probability([...before, word]), 0);
    expect(sum).toBeCloseTo(1, 2);
  }
});

test('a sentence that was given is likelier than its words in another order', () => {
  const { probability } = readArpa(buildArpaLanguageModel(source));
  const sentence = (text: string) => {
    const words = ['<s>', ...text.split(' '), '</s>'];
    return words
      .slice(1)
      .reduce((all, _, at) => all * probability(words.slice(Math.max(0, at - 1), at + 2)), 1);
  };
  expect(sentence('when do you close')).toBeGreaterThan(1_000 * sentence('close you do when'));
  expect(sentence('hello the hello')).toBeGreaterThan(0);
});

test('the file holds as many entries as its head promises and ends with its mark', () => {
  const text = buildArpaLanguageModel(source);
  const { promised, found } = readArpa(text);
  expect(found).toEqual(promised);
  expect(text.endsWith('\\end\\\n')).toBe(true);
});

test('words alone, or sentences alone, make a model too', () => {
  const none = new Map<string, number>();
  for (const part of [
    { ...source, sentences: [] },
    { ...source, background: none },
  ]) {
    const { probability, vocabulary } = readArpa(buildArpaLanguageModel(part));
    const sum = vocabulary.reduce((all, word) => all + probability([word]), 0);
    expect(sum).toBeCloseTo(1, 2);
  }
});
