import { readFileSync } from 'node:fs';

/** A recorded or generated fact of Twilio's protocol, from `fixtures/`. */
export function readFixture<Shape>(name: string): Shape {
  return JSON.parse(
    readFileSync(new URL(`../fixtures/${name}.json`, import.meta.url), 'utf8'),
  ) as Shape;
}

/** Twilio's sample messages by direction and event: `in-media`, `out-clear`. */
export const mediaMessages = (): Readonly<Record<string, Record<string, unknown>>> =>
  readFixture('media-messages');

/** Twilio's sample webhooks, as form fields, by name: `voice-webhook`. */
export const webhookForms = (): Readonly<Record<string, Record<string, string>>> =>
  readFixture('webhooks');
