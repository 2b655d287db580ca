import { createSecretKey } from 'node:crypto';
import type { RTCDtlsTransport } from 'werift';

type Cipher = RTCDtlsTransport['srtp']['localContext']['cipher'];
type KeyName = 'srtpSessionKey' | 'srtcpSessionKey' | 'srtpSessionAuthTag' | 'srtcpSessionAuthTag';

const KEY_NAMES: readonly KeyName[] = [
  'srtpSessionKey',
  'srtcpSessionKey',
  'srtpSessionAuthTag',
  'srtcpSessionAuthTag',
];

/**
 * Makes Node's key objects of a connection's SRTP keys. werift keeps them as bytes and makes a cipher for
 * each packet; Node 24 takes three times as long with those, most of it to find out what kind of key they
 * are. What is sent and heard is the same.
 */
export function prepareSrtpKeys({ srtp, srtcp }: Pick<RTCDtlsTransport, 'srtp' | 'srtcp'>): void {
  for (const session of [srtp, srtcp]) {
    prepare(session.localContext.cipher);
    prepare(session.remoteContext.cipher);
  }
}

function prepare(cipher: Cipher): void {
  const keys = cipher as unknown as Record<KeyName, unknown>;
  for (const name of KEY_NAMES) {
    const key = keys[name];
    if (Buffer.isBuffer(key)) keys[name] = createSecretKey(key);
  }
}
