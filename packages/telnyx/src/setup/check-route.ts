import type { CheckResult } from '@phone-agents/core/setup';
import type { TelnyxAccount } from './telnyx-account.ts';

export interface CheckOptions {
  readonly phoneNumber: string;
  readonly webhookUrl: string;
  /** Absent: the one that the number is routed to. */
  readonly applicationId?: string | undefined;
}

/** Tells what must be changed at Telnyx so that calls come in; changes nothing itself. @throws ProviderRequestError */
export async function checkRoute(
  account: TelnyxAccount,
  options: CheckOptions,
): Promise<CheckResult> {
  const problems: string[] = [];
  const notes: string[] = [];
  const number = await account.findNumber(options.phoneNumber);
  if (!number) {
    problems.push(
      'The account has no such number: check --phone-number, and that TELNYX_API_KEY is of the account that owns it.',
    );
  } else if (number.status !== 'active') {
    problems.push(
      `The number is not active but ${number.status}: see Numbers in the Telnyx portal.`,
    );
  }
  const applicationId = options.applicationId ?? number?.connectionId;
  if (applicationId === undefined) {
    if (number) {
      problems.push(
        'The number is routed to nothing: under Numbers, set its connection to your Call Control application.',
      );
    }
    return { problems, notes };
  }
  if (number && number.connectionId !== applicationId) {
    problems.push(
      `The number is routed to ${number.connectionId ?? 'nothing'}: under Numbers, set its connection to ${applicationId}.`,
    );
  }
  const application = await account.application(applicationId);
  if (!application) {
    problems.push(
      `There is no Call Control application ${applicationId}: make one under Voice, Programmable Voice, or set TELNYX_CALL_CONTROL_APP_ID to yours.`,
    );
    return { problems, notes };
  }
  if (!application.isActive) {
    problems.push(`The application ${applicationId} is not active: switch it on.`);
  }
  if (application.webhookUrl !== options.webhookUrl) {
    problems.push(
      `The application's webhook URL is ${application.webhookUrl || 'empty'}: set it to ${options.webhookUrl}.`,
    );
  }
  if (application.webhookVersion !== '2') {
    problems.push(
      `The application's webhook API version is ${application.webhookVersion}: set it to 2.`,
    );
  }
  if (application.outboundProfileId === undefined) {
    notes.push(
      'The application has no outbound voice profile: calls cannot be forwarded or placed.',
    );
  }
  return { problems, notes };
}
