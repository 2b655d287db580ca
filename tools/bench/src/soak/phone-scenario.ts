import { setTimeout as pause } from 'node:timers/promises';
import { echoParticipant } from './echo-participant.ts';
import type { SoakScenario } from './soak-scenario.ts';

/** Ways for a call to end; calls take them in turn. */
const ENDINGS = ['caller hangs up', 'we hang up', 'media drops', 'hung up while ringing'] as const;

/** The phone alone: short calls to an echo. */
export const phoneScenario: SoakScenario = {
  answer: echoParticipant,
  async oneCall({ carrier, phone }, index) {
    const ending = ENDINGS[index % ENDINGS.length];
    const placed = await carrier.placeCall();
    if (ending === 'hung up while ringing') {
      await pause(index % 5);
      placed.hangUp();
      await placed.settled;
      return;
    }
    if (!(await placed.connected)) throw new Error('A call was not connected.');
    await pause(100 + (index % 7) * 20);
    if (ending === 'caller hangs up') placed.hangUp();
    else if (ending === 'media drops') {
      placed.dropMedia();
      await pause(100);
      placed.hangUp();
    } else {
      await phone.calls.findByProviderCallId('twilio', placed.providerCallId)?.hangUp();
    }
    await placed.settled;
  },
};
