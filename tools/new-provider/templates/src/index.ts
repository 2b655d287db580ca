export { AcmeMediaStream } from './acme-media-stream.ts';
export { createAcmeProvider } from './acme-provider.ts';
export type { AcmeProviderSettings } from './acme-settings.ts';
export type { AcmeSignatureRequest } from './acme-signature.ts';
export { verifyAcmeSignature } from './acme-signature.ts';
export type { AcmeWebhook } from './acme-webhook.ts';
export { parseAcmeWebhook } from './acme-webhook.ts';
