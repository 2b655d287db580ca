import type {
  EdgeCall,
  EdgeParticipant,
  EdgeParticipantContext,
  EdgeParticipantSession,
} from '@phone-agents/core';

/** Joins a call at 16 kHz and gives back every frame that it hears, as an agent of no cost. */
export const echoParticipant: EdgeParticipant = {
  async join(edgeCall: EdgeCall, context: EdgeParticipantContext): Promise<EdgeParticipantSession> {
    const connection = await edgeCall.join(
      { id: 'echo' },
      { sampleRate: 16000, signal: context.signal },
    );
    connection.onAudio((frame) => connection.publish(frame));
    return { close: () => connection.leave() };
  },
};
