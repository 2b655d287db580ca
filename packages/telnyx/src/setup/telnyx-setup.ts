import { parsePublicUrl } from '@phone-agents/core';
import type { SetupProgram } from '@phone-agents/core/setup';
import { createTelnyxClient } from '../telnyx-client.ts';
import { EVENTS_PATH } from '../telnyx-webhook-handler.ts';
import { checkRoute } from './check-route.ts';
import { TelnyxAccount } from './telnyx-account.ts';
import type { RouteChange } from './temporary-route.ts';
import { establishRoute, parseRouteChange, restoreRoute } from './temporary-route.ts';

/** What `phone-agents-telnyx` prints for `--help`. */
const USAGE = `phone-agents-telnyx: points a Telnyx number at your server, and back

  phone-agents-telnyx setup --phone-number +15005550020 --public-url https://agent.example.com
      makes a temporary Call Control application for your server, routes the number to
      it, and restores everything when it is interrupted (Ctrl-C)
  phone-agents-telnyx teardown
      restores what a set-up left behind that was killed
  phone-agents-telnyx check --public-url https://agent.example.com
      says what is wrong with a standing configuration; changes nothing

  --phone-number NUMBER      your number in E.164 (default: TELNYX_PHONE_NUMBER)
  --public-url URL           how Telnyx reaches your server
  --outbound-profile NAME    outbound voice profile of the temporary application, which
                             calls that are forwarded need (default: the account's
                             only one)
  --app-id ID                application to check (default: TELNYX_CALL_CONTROL_APP_ID,
                             else the one that the number is routed to)
  --journal FILE             where setup notes what is to be restored
                             (default: .phone-agents-telnyx.json)
  --help

TELNYX_API_KEY opens the account; TELNYX_API_BASE_URL is for a stand-in of Telnyx.
Exit code: 0 done, 1 not done or something is wrong, 2 wrong usage.
`;

const PROFILE_OPTION = 'outbound-profile';
const APPLICATION_OPTION = 'app-id';

/** `phone-agents-telnyx`: a temporary Call Control application, to which the number is routed. */
export const telnyxSetup: SetupProgram<RouteChange> = {
  program: 'phone-agents-telnyx',
  phoneNumberVariable: 'TELNYX_PHONE_NUMBER',
  options: [PROFILE_OPTION, APPLICATION_OPTION],
  usage: USAGE,
  parseChange: parseRouteChange,
  async openAccount(environment) {
    const account = new TelnyxAccount(await createTelnyxClient({ environment }));
    return {
      async establish({ phoneNumber, publicUrl, options }, journal, print, signal) {
        const webhookUrl = parsePublicUrl(publicUrl).http(EVENTS_PATH);
        const route = { phoneNumber, webhookUrl, outboundProfile: options[PROFILE_OPTION] };
        const id = await establishRoute(account, journal, route, print, signal);
        print(`The number is routed to ${webhookUrl}.`);
        print(`TELNYX_CALL_CONTROL_APP_ID=${id}`);
      },
      restore: (change, print) => restoreRoute(account, change, print),
      check({ phoneNumber, publicUrl, options }) {
        const fromEnvironment = environment['TELNYX_CALL_CONTROL_APP_ID'];
        return checkRoute(account, {
          phoneNumber,
          webhookUrl: parsePublicUrl(publicUrl).http(EVENTS_PATH),
          applicationId:
            options[APPLICATION_OPTION] ?? (fromEnvironment === '' ? undefined : fromEnvironment),
        });
      },
    };
  },
};
