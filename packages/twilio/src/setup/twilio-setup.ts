import { parsePublicUrl } from '@phone-agents/core';
import type { SetupProgram } from '@phone-agents/core/setup';
import { createTwilioClient } from '../twilio-client.ts';
import type { Addresses, RouteChange } from './number-route.ts';
import { checkRoute, establishRoute, parseRouteChange, restoreRoute } from './number-route.ts';
import { TwilioAccount } from './twilio-account.ts';

const USAGE = `phone-agents-twilio: points a Twilio number at your server, and back

  phone-agents-twilio setup --phone-number +15005550010 --public-url https://agent.example.com
      sends the number's calls to your server, and restores what stood there when it
      is interrupted (Ctrl-C)
  phone-agents-twilio teardown
      restores what a set-up left behind that was killed
  phone-agents-twilio check --public-url https://agent.example.com
      says what is wrong with a standing configuration, credentials and reachability
      included; changes nothing

  --phone-number NUMBER   your number in E.164 (default: TWILIO_PHONE_NUMBER)
  --public-url URL        how Twilio reaches your server
  --journal FILE          where setup notes what is to be restored
                          (default: .phone-agents-twilio.json)
  --help

TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN open the account; TWILIO_API_BASE_URL is for
a stand-in of Twilio. Exit code: 0 done, 1 not done or something is wrong, 2 wrong usage.
`;

function addressesAt(publicUrl: string): Addresses {
  const url = parsePublicUrl(publicUrl);
  return { voiceUrl: url.http('/twilio/voice'), statusUrl: url.http('/twilio/status') };
}

/** `phone-agents-twilio`: the number's voice webhook, set and restored. */
export const twilioSetup: SetupProgram<RouteChange> = {
  program: 'phone-agents-twilio',
  phoneNumberVariable: 'TWILIO_PHONE_NUMBER',
  options: [],
  usage: USAGE,
  parseChange: parseRouteChange,
  async openAccount(environment) {
    const account = new TwilioAccount(await createTwilioClient({ environment }));
    return {
      async establish({ phoneNumber, publicUrl }, journal, print, signal) {
        const addresses = addressesAt(publicUrl);
        await establishRoute(account, journal, phoneNumber, addresses, signal);
        print(`The number's calls go to ${addresses.voiceUrl}.`);
      },
      restore: (change, print) => restoreRoute(account, change, print),
      check: ({ phoneNumber, publicUrl }) =>
        checkRoute(account, phoneNumber, addressesAt(publicUrl)),
    };
  },
};
