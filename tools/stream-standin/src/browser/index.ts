export {
  BrowserParticipant,
  RECORDING_RATE,
  type BrowserParticipantOptions,
} from './browser-participant.ts';
export type { PageJoinOptions } from '../../page/page-interface.ts';
export { findChromium } from './find-chromium.ts';
export { launchBrowser, type BrowserOptions } from './launch-browser.ts';
