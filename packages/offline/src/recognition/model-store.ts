import { EngineThread } from '../worker/engine-thread.ts';
import type { RecognitionModel, RecognitionModelRequest } from './recognition-model.ts';

const MODELS_KEPT = 8;

/** Recognition models that were built lately, by their phrases; each is built once, in a thread of its own. */
export class ModelStore {
  readonly #models = new Map<string, Promise<RecognitionModel>>();

  get(request: RecognitionModelRequest): Promise<RecognitionModel> {
    const key = JSON.stringify(request);
    const known = this.#models.get(key);
    this.#models.delete(key);
    const model = known ?? build(request);
    this.#models.set(key, model);
    model.catch(() => this.#models.delete(key));
    for (const oldest of this.#models.keys()) {
      if (this.#models.size <= MODELS_KEPT) break;
      this.#models.delete(oldest);
    }
    return model;
  }

  clear(): void {
    this.#models.clear();
  }
}

/** Reading the dictionary and the frequent words takes memory that a thread gives back when it ends. */
async function build(request: RecognitionModelRequest): Promise<RecognitionModel> {
  const thread = new EngineThread({ name: 'model-worker', callerUrl: import.meta.url });
  try {
    return await thread.request<RecognitionModel>({ type: 'build', ...request });
  } finally {
    await thread.close();
  }
}
