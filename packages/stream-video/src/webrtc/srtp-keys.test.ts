import { randomBytes } from 'node:crypto';
import {
  ProtectionProfileAeadAes128Gcm,
  ProtectionProfileAes128CmHmacSha1_80,
  RtpHeader,
  SrtcpSession,
  SrtpSession,
  keyLength,
  saltLength,
} from 'werift';
import { prepareSrtpKeys } from './srtp-keys.ts';

const PROFILES = [ProtectionProfileAes128CmHmacSha1_80, ProtectionProfileAeadAes128Gcm] as const;

/** Sessions of the same keys: two on one side, and the one that they talk to. */
function sessions(profile: (typeof PROFILES)[number]) {
  const [ownKey, farKey] = [randomBytes(keyLength(profile)), randomBytes(keyLength(profile))];
  const [ownSalt, farSalt] = [randomBytes(saltLength(profile)), randomBytes(saltLength(profile))];
  const make = (local: [Buffer, Buffer], remote: [Buffer, Buffer]) => {
    const keys = {
      localMasterKey: local[0],
      localMasterSalt: local[1],
      remoteMasterKey: remote[0],
      remoteMasterSalt: remote[1],
    };
    return {
      srtp: new SrtpSession({ keys, profile }),
      srtcp: new SrtcpSession({ keys, profile }),
    };
  };
  return {
    prepared: make([ownKey, ownSalt], [farKey, farSalt]),
    plain: make([ownKey, ownSalt], [farKey, farSalt]),
    far: make([farKey, farSalt], [ownKey, ownSalt]),
  };
}

test.each(PROFILES)('profile %d: packets are the same to the last bit', (profile) => {
  const { prepared, plain, far } = sessions(profile);
  prepareSrtpKeys(prepared);
  const header = (sequenceNumber: number): RtpHeader =>
    new RtpHeader({ payloadType: 111, sequenceNumber, timestamp: 960, ssrc: 7 });
  // Over the wrap of the sequence number.
  for (const sequenceNumber of [65_534, 65_535, 0, 1]) {
    const payload = randomBytes(80);
    const packet = prepared.srtp.encrypt(payload, header(sequenceNumber));
    expect(packet).toEqual(plain.srtp.encrypt(payload, header(sequenceNumber)));
    expect(far.srtp.decrypt(packet).subarray(-80)).toEqual(payload);
    const answer = far.srtp.encrypt(payload, header(sequenceNumber));
    expect(prepared.srtp.decrypt(answer)).toEqual(plain.srtp.decrypt(answer));
    answer[20]! ^= 1;
    expect(() => prepared.srtp.decrypt(answer)).toThrow('authenticate');
  }
  const report = Buffer.from('80c800060000000700000000000000000000000000000000000000000000', 'hex');
  const sent = prepared.srtcp.encrypt(report);
  expect(sent).toEqual(plain.srtcp.encrypt(report));
  expect(far.srtcp.decrypt(sent)).toEqual(report);
  expect(prepared.srtcp.decrypt(far.srtcp.encrypt(report))).toEqual(report);
});
