import type { CallerInput, TurnMeasurement } from './session-events.ts';

/** When the caller's side of a turn was over, by the clock. */
export interface QuestionTimes {
  readonly speechEndedAt: number;
  readonly turnEndedAt: number;
  readonly recognisedAt: number;
}

/** When the parts of an answer were there, by the clock. */
export interface AnswerTimes {
  firstTextAt?: number | undefined;
  firstSamplesAt?: number | undefined;
  firstAudioAt?: number | undefined;
  firstHeardAt?: number | undefined;
  isMeasured?: boolean | undefined;
}

/** What a turn took, in parts. What was done early, before the turn was over, took no time. */
export function measureTurn(
  turn: number,
  input: CallerInput,
  spokenAtMs: number,
  isEarly: boolean,
  { speechEndedAt, turnEndedAt, recognisedAt }: QuestionTimes,
  { firstTextAt, firstSamplesAt, firstAudioAt = recognisedAt, firstHeardAt }: AnswerTimes,
): TurnMeasurement {
  const textAt = Math.max(recognisedAt, firstTextAt ?? recognisedAt);
  const samplesAt = Math.max(textAt, firstSamplesAt ?? textAt);
  return {
    turn,
    input,
    spokenAtMs,
    isEarly,
    endOfSpeechToFirstAudioMs: firstAudioAt - speechEndedAt,
    endOfTurnMs: turnEndedAt - speechEndedAt,
    recognitionMs: recognisedAt - turnEndedAt,
    answerMs: firstAudioAt - recognisedAt,
    firstTextMs: textAt - recognisedAt,
    firstSamplesMs: samplesAt - textAt,
    firstFrameMs: Math.max(0, firstAudioAt - samplesAt),
    firstHeardMs: firstHeardAt === undefined ? undefined : firstHeardAt - firstAudioAt,
  };
}
