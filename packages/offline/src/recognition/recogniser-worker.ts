import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serveThread, tellOwner } from '../worker/serve-thread.ts';
import { Dither } from './dither.ts';
import {
  findModelDirectory,
  loadPocketSphinx,
  telephoneFeatureParameters,
} from './pocketsphinx.ts';
import type { Hypothesis, PocketSphinx, PocketSphinxDecoder } from './pocketsphinx.ts';

/** Opens the decoder of one call. */
export interface OpenDecoder {
  readonly type: 'open';
  readonly stream: number;
  readonly modelDirectory: string;
  /** Text of the language model, and of the dictionary. */
  readonly languageModel: string;
  readonly dictionary: string;
  /** Whether the words so far are wanted while the caller speaks. */
  readonly interim: boolean;
}

/** Words so far, told without having been asked for. */
export interface InterimWords {
  readonly stream: number;
  readonly text: string;
}

interface Stream {
  readonly decoder: PocketSphinxDecoder;
  readonly dither: Dither;
  readonly interim: boolean;
  lastInterim: string;
}

const LAST_LINE = '\\end\\\n';

let library: Promise<PocketSphinx> | undefined;
const streams = new Map<number, Stream>();

serveThread(
  {
    probe: async ({ modelDirectory }: { modelDirectory?: string }) => {
      await (library ??= loadPocketSphinx());
      const found = findModelDirectory(modelDirectory);
      if (found === undefined) {
        throw new Error('the English model (package pocketsphinx-en-us) is not installed');
      }
      return found;
    },
    open: async (request: OpenDecoder) => {
      const sphinx = await (library ??= loadPocketSphinx());
      const decoder = openDecoder(sphinx, request);
      const { interim } = request;
      streams.set(request.stream, { decoder, dither: new Dither(), interim, lastInterim: '' });
    },
    audio: ({ stream: id, samples }: { stream: number; samples: Int16Array }) => {
      const stream = streams.get(id);
      if (stream === undefined) return;
      stream.dither.apply(samples);
      stream.decoder.process(samples);
      if (!stream.interim) return;
      const { text } = stream.decoder.hypothesis();
      if (text === stream.lastInterim) return;
      stream.lastInterim = text;
      tellOwner({ stream: id, text } satisfies InterimWords);
    },
    'end-turn': ({ stream: id }: { stream: number }): Hypothesis => {
      const stream = streams.get(id);
      if (stream === undefined) return { text: '', score: 0, frames: 0 };
      stream.lastInterim = '';
      return stream.decoder.endTurn();
    },
    'close-stream': ({ stream: id }: { stream: number }) => {
      streams.get(id)?.decoder.free();
      streams.delete(id);
    },
  },
  () => {
    for (const { decoder } of streams.values()) decoder.free();
    streams.clear();
  },
);

/** The library takes its models from files only; they are gone again when it has read them. */
function openDecoder(sphinx: PocketSphinx, request: OpenDecoder): PocketSphinxDecoder {
  const directory = mkdtempSync(join(tmpdir(), 'phone-agents-'));
  try {
    return sphinx.createDecoder({
      modelDirectory: request.modelDirectory,
      languageModel: writeWhole(join(directory, 'words.lm'), request.languageModel, LAST_LINE),
      dictionary: writeWhole(join(directory, 'words.dict'), request.dictionary, '\n'),
      featureParameters: writeWhole(
        join(directory, 'feat.params'),
        telephoneFeatureParameters(request.modelDirectory),
        '\n',
      ),
    });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Half a language model crashes the process, so it is looked at before the library sees it. */
function writeWhole(path: string, text: string, ending: string): string {
  writeFileSync(path, text, { mode: 0o600 });
  if (!text.endsWith(ending) || readFileSync(path, 'utf8') !== text) {
    throw new Error('a recognition model could not be written whole: is the disk full?');
  }
  return path;
}
