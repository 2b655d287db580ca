import { fliteSegments } from '../synthesis/flite.ts';
import { serveThread } from '../worker/serve-thread.ts';
import { phonesFromFlite } from './pronunciations.ts';
import { buildRecognitionModel } from './recognition-model.ts';
import type { RecognitionModelRequest } from './recognition-model.ts';

serveThread({
  build: (request: RecognitionModelRequest) =>
    buildRecognitionModel(request, (word) => phonesFromFlite(fliteSegments(word))),
});
