/** What Deepgram sends over `/v1/listen`, as its API reference has it ("Live Audio"). */
export type DeepgramStandInMessage =
  | DeepgramStandInResults
  | {
      readonly type: 'UtteranceEnd';
      readonly channel: [number, number];
      readonly last_word_end: number;
    }
  | {
      readonly type: 'SpeechStarted';
      readonly channel: [number, number];
      readonly timestamp: number;
    }
  | DeepgramStandInMetadata;

/** Deepgram's message with words. */
export interface DeepgramStandInResults {
  readonly type: 'Results';
  readonly channel_index: [number, number];
  /** In seconds, like `start`. */
  readonly duration: number;
  readonly start: number;
  readonly is_final: boolean;
  readonly speech_final: boolean;
  readonly from_finalize: boolean;
  readonly channel: {
    readonly alternatives: readonly {
      readonly transcript: string;
      readonly confidence: number;
      readonly words: readonly unknown[];
    }[];
  };
  readonly metadata: {
    readonly request_id: string;
    readonly model_uuid: string;
    readonly model_info: { readonly name: string; readonly version: string; readonly arch: string };
  };
}

/** Deepgram's last message of a stream. */
export interface DeepgramStandInMetadata {
  readonly type: 'Metadata';
  readonly transaction_key: 'deprecated';
  readonly request_id: string;
  readonly sha256: string;
  readonly created: string;
  readonly duration: number;
  readonly channels: number;
}

/** A piece of recognised speech. */
export interface ResultsOptions {
  /** In seconds from the stream's first byte. */
  readonly start: number;
  readonly duration: number;
  readonly transcript: string;
  readonly confidence?: number | undefined;
  readonly isFinal?: boolean | undefined;
  readonly speechFinal?: boolean | undefined;
  readonly fromFinalize?: boolean | undefined;
}

export function results(
  requestId: string,
  model: string,
  options: ResultsOptions,
): DeepgramStandInResults {
  const { transcript, confidence = 0.98, isFinal = true } = options;
  return {
    type: 'Results',
    channel_index: [0, 1],
    duration: options.duration,
    start: options.start,
    is_final: isFinal,
    speech_final: options.speechFinal ?? false,
    from_finalize: options.fromFinalize ?? false,
    channel: {
      alternatives: [{ transcript, confidence: transcript === '' ? 0 : confidence, words: [] }],
    },
    metadata: {
      request_id: requestId,
      model_uuid: '00000000-0000-4000-8000-000000000000',
      model_info: { name: model, version: 'stand-in', arch: 'stand-in' },
    },
  };
}

export function metadata(requestId: string, duration: number): DeepgramStandInMetadata {
  return {
    type: 'Metadata',
    transaction_key: 'deprecated',
    request_id: requestId,
    sha256: '0'.repeat(64),
    created: '2026-11-22T09:41:00.000Z',
    duration,
    channels: 1,
  };
}
