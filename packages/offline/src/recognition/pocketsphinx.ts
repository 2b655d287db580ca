import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LibraryHandle } from 'koffi';

/** The interface that this binding is written for: PocketSphinx 5prealpha, as Debian and Ubuntu have it. */
const LIBRARY = 'libpocketsphinx.so.3';
const BASE_LIBRARY = 'libsphinxbase.so.3';
/** The later interface (`ps_config_*`), which this binding does not speak. */
const LATER_LIBRARIES = ['libpocketsphinx.so.5', 'libpocketsphinx.so.6'];
/** Read from the decoder's log after telephone-band speech with the hiss of `Dither`, both voices of flite. */
const TELEPHONE_CEPSTRAL_MEAN = '55,13.5,-13,27,-11,1.7,6.5,-14.5,9,-8.3,6.3,4.8,-1.2';
const MODEL_DIRECTORIES = [
  '/usr/share/pocketsphinx/model/en-us',
  '/usr/local/share/pocketsphinx/model/en-us',
];

/** Files that a decoder needs besides the acoustic model. */
export interface DecoderFiles {
  /** Folder with `en-us/` (acoustic model), `cmudict-en-us.dict` and `en-us.lm.bin`. */
  readonly modelDirectory: string;
  readonly languageModel: string;
  readonly dictionary: string;
  /** Parameters of the sound's features: {@link telephoneFeatureParameters}. */
  readonly featureParameters: string;
}

export interface Hypothesis {
  readonly text: string;
  /** Score of the best path in the decoder's own logarithm; 0 where there is none. */
  readonly score: number;
  /** Analysed frames of 10 ms. */
  readonly frames: number;
}

/** The folder of the English model, or undefined where none is installed. */
export function findModelDirectory(given?: string): string | undefined {
  const candidates = given === undefined ? MODEL_DIRECTORIES : [given];
  return candidates.find((directory) =>
    ['en-us/mdef', 'cmudict-en-us.dict', 'en-us.lm.bin'].every((file) =>
      existsSync(join(directory, file)),
    ),
  );
}

/**
 * The acoustic model's `feat.params`, with the average that telephone speech has at the start of a
 * call. The model's own is a microphone's: a third of the words of the first sentences were wrong with it.
 */
export function telephoneFeatureParameters(modelDirectory: string): string {
  const own = readFileSync(join(modelDirectory, 'en-us', 'feat.params'), 'utf8');
  const lines = own.split('\n').filter((line) => line !== '' && !line.startsWith('-cmninit'));
  return `${[...lines, `-cmninit ${TELEPHONE_CEPSTRAL_MEAN}`].join('\n')}\n`;
}

type Pointer = object | bigint;

interface Functions {
  parseArguments(
    config: null,
    definition: Pointer,
    count: number,
    values: string[],
    strict: number,
  ): Pointer | null;
  freeArguments(config: Pointer): number;
  definitions(): Pointer;
  init(config: Pointer): Pointer | null;
  free(decoder: Pointer): number;
  startUtterance(decoder: Pointer): number;
  processRaw(
    decoder: Pointer,
    samples: Int16Array,
    count: number,
    noSearch: number,
    whole: number,
  ): number;
  endUtterance(decoder: Pointer): number;
  hypothesis(decoder: Pointer, score: number[]): string | null;
  frameCount(decoder: Pointer): number;
}

/**
 * The PocketSphinx library of this machine, called through `koffi`. Load it in a worker thread only:
 * its calls block.
 *
 * @throws Error that says why it cannot be used.
 */
export async function loadPocketSphinx(): Promise<PocketSphinx> {
  const { default: koffi } = await import('koffi').catch((cause: unknown) => {
    throw new Error('the package koffi has no binary for this system', { cause });
  });
  const open = (name: string): LibraryHandle | undefined => {
    try {
      return koffi.load(name);
    } catch {
      return undefined;
    }
  };
  const library = open(LIBRARY);
  const base = open(BASE_LIBRARY);
  if (library === undefined || base === undefined) {
    const later = LATER_LIBRARIES.find((name) => open(name) !== undefined);
    throw new Error(
      later === undefined
        ? `${library === undefined ? LIBRARY : BASE_LIBRARY} is not installed`
        : `this system has ${later}; only ${LIBRARY} (PocketSphinx 5prealpha) is supported`,
    );
  }
  base.func('void err_set_callback(void *callback, void *data)')(null, null);
  base.func('void err_set_logfp(void *stream)')(null);
  return new PocketSphinx({
    parseArguments: base.func(
      'void *cmd_ln_parse_r(void *inout, void *defn, int32_t argc, const char **argv, int32_t strict)',
    ),
    freeArguments: base.func('int cmd_ln_free_r(void *cmdln)'),
    definitions: library.func('void *ps_args()'),
    init: library.func('void *ps_init(void *config)'),
    free: library.func('int ps_free(void *ps)'),
    startUtterance: library.func('int ps_start_utt(void *ps)'),
    processRaw: library.func(
      'int ps_process_raw(void *ps, const int16_t *data, size_t n, int no_search, int full_utt)',
    ),
    endUtterance: library.func('int ps_end_utt(void *ps)'),
    hypothesis: library.func('const char *ps_get_hyp(void *ps, _Out_ int32_t *score)'),
    frameCount: library.func('int ps_get_n_frames(void *ps)'),
  });
}

export class PocketSphinx {
  readonly #functions: Functions;

  constructor(functions: Functions) {
    this.#functions = functions;
  }

  /** @throws Error where the files are not such as the library takes. */
  createDecoder(files: DecoderFiles): PocketSphinxDecoder {
    const values = [
      'phone-agents',
      '-hmm',
      join(files.modelDirectory, 'en-us'),
      '-lm',
      files.languageModel,
      '-dict',
      files.dictionary,
      '-featparams',
      files.featureParameters,
      // The second search pass takes 200 ms after the end of speech and finds no more words.
      '-fwdflat',
      'no',
    ];
    const f = this.#functions;
    const config = f.parseArguments(null, f.definitions(), values.length, values, 0);
    if (config === null) throw new Error('PocketSphinx refused its settings.');
    const decoder = f.init(config);
    f.freeArguments(config);
    if (decoder === null) throw new Error('PocketSphinx could not load its models.');
    return new PocketSphinxDecoder(f, decoder);
  }
}

/** One call's decoder. Its results depend on what it heard before, so it is never used for two calls. */
export class PocketSphinxDecoder {
  readonly #functions: Functions;
  #decoder: Pointer | undefined;
  #inTurn = false;

  constructor(functions: Functions, decoder: Pointer) {
    this.#functions = functions;
    this.#decoder = decoder;
  }

  /** Takes samples at 16 kHz; the first ones begin a turn. */
  process(samples: Int16Array): void {
    if (this.#decoder === undefined) return;
    if (!this.#inTurn) {
      if (this.#functions.startUtterance(this.#decoder) < 0) {
        throw new Error('PocketSphinx could not begin a turn.');
      }
      this.#inTurn = true;
    }
    this.#functions.processRaw(this.#decoder, samples, samples.length, 0, 0);
  }

  /** The words so far. */
  hypothesis(): Hypothesis {
    if (this.#decoder === undefined || !this.#inTurn) return { text: '', score: 0, frames: 0 };
    return this.#read(this.#decoder);
  }

  endTurn(): Hypothesis {
    if (this.#decoder === undefined || !this.#inTurn) return { text: '', score: 0, frames: 0 };
    this.#inTurn = false;
    this.#functions.endUtterance(this.#decoder);
    return this.#read(this.#decoder);
  }

  free(): void {
    if (this.#decoder === undefined) return;
    if (this.#inTurn) this.#functions.endUtterance(this.#decoder);
    this.#functions.free(this.#decoder);
    this.#decoder = undefined;
  }

  #read(decoder: Pointer): Hypothesis {
    const score = [0];
    const text = this.#functions.hypothesis(decoder, score) ?? '';
    return { text, score: score[0] ?? 0, frames: this.#functions.frameCount(decoder) };
  }
}
