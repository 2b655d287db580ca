import { copyAudioFrame, systemClock } from '@phone-agents/core';
import type { AudioFrame } from '@phone-agents/core';
import { SubjectTime, ToneEar } from '@phone-agents/core/testing';
import type { MediaStreamTrack } from 'werift';
import { IncomingAudio } from '../media/incoming-audio.ts';
import { OutgoingAudio } from '../media/outgoing-audio.ts';
import { loadOpus } from '../opus/opus-library.ts';
import { toneFrames } from '../test-support/sounds.ts';
import { OutgoingTrack } from './outgoing-track.ts';
import { PeerConnection, allowLoopback } from './peer-connection.ts';

const time = new SubjectTime(undefined);

function connection(): PeerConnection {
  return new PeerConnection({ iceServers: [], bundlePolicy: 'max-bundle' });
}

/** Connects the two as Stream's SDK and a media server do: one offers to send, the other takes it. */
async function connect(
  sender: PeerConnection,
  receiver: PeerConnection,
  track: OutgoingTrack,
): Promise<MediaStreamTrack> {
  const received = new Promise<MediaStreamTrack>((resolve) => {
    receiver.onTrack.subscribe(resolve);
  });
  sender.addTransceiver(track, { direction: 'sendonly' });
  const offer = (await sender.createOffer()) as { sdp: string; type: 'offer' };
  await sender.setLocalDescription(offer);
  await receiver.setRemoteDescription({ type: 'offer', sdp: sender.localDescription!.sdp });
  const answer = (await receiver.createAnswer()) as { sdp: string; type: 'answer' };
  await receiver.setLocalDescription(answer);
  await sender.setRemoteDescription({ type: 'answer', sdp: receiver.localDescription!.sdp });
  return received;
}

test('a tone passes from one connection to another, by the clones of a track', async () => {
  allowLoopback();
  const opus = await loadOpus();
  const [sender, receiver] = [connection(), connection()];
  const track = new OutgoingTrack();
  const clone = track.clone();
  const outgoing = new OutgoingAudio(opus, 8000, (...packet) => track.send(...packet));
  const ear = new ToneEar();
  const frames: AudioFrame[] = [];
  const incoming = new IncomingAudio({
    opus,
    clock: systemClock,
    sampleRate: 24000,
    onFrame: (frame) => {
      ear.hear(frame);
      frames.push(copyAudioFrame(frame));
    },
  });
  try {
    const remote = await connect(sender, receiver, clone);
    remote.onReceiveRtp.subscribe(({ header, payload }) =>
      incoming.receive({
        ...header,
        sequenceNumber: header.sequenceNumber,
        timestamp: header.timestamp,
        payload,
      }),
    );
    const tone = toneFrames(440, 8000, 500);
    let next = 0;
    await time.until(() => ear.hears(440), 'the tone is heard', {
      onStep: () => outgoing.publish(tone[next++ % tone.length]!),
    });
    expect(frames[0]?.samples).toHaveLength(480);
    for (const { srtp } of [...sender.dtlsTransports, ...receiver.dtlsTransports]) {
      expect(srtp.localContext.cipher.srtpSessionKey).toMatchObject({ type: 'secret' });
    }
    // A clone that has stopped sends no more.
    clone.stop();
    await time.pass(60);
    const before = frames.length;
    for (let i = 0; i < 5; i++) {
      outgoing.publish(tone[i]!);
      await time.pass(20);
    }
    expect(frames).toHaveLength(before);
  } finally {
    incoming.close();
    outgoing.close();
    await Promise.all([sender.close(), receiver.close()]);
  }
});

test('descriptions are plain: the SDK writes to them', async () => {
  const peer = connection();
  try {
    peer.addTransceiver('audio', { direction: 'sendonly' });
    const offer: { sdp: string } = await peer.createOffer();
    offer.sdp += 'a=x\r\n';
    expect(offer.sdp).toMatch(/opus\/48000\/2[\s\S]*a=x/i);
  } finally {
    await peer.close();
  }
});

test('a track is like a browser’s, and so are its clones', () => {
  const track = new OutgoingTrack();
  const clone = track.clone();
  expect(clone).toBeInstanceOf(OutgoingTrack);
  expect(clone.id).not.toBe(track.id);
  expect(track.getSettings()).toEqual({});
  expect(track.readyState).toBe('live');
  clone.stop();
  expect([track.readyState, clone.readyState]).toEqual(['live', 'ended']);
});
