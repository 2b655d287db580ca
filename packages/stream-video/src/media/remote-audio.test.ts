import type { EdgeUser } from '@phone-agents/core';
import { ManualClock } from '@phone-agents/core/testing';
import { MediaStream, MediaStreamTrack, RtpHeader, RtpPacket } from 'werift';
import type { OpusLibrary } from '../opus/opus-library.ts';
import { loadOpus } from '../opus/opus-library.ts';
import { encodeFrames, toneFrames } from '../test-support/sounds.ts';
import type { RemoteSession } from './remote-audio.ts';
import { RemoteAudio } from './remote-audio.ts';

let opus: OpusLibrary;
let clock: ManualClock;
let remote: RemoteAudio;
let events: string[];
let heard: { readonly id: string; readonly timestamp: number }[];

beforeAll(async () => {
  opus = await loadOpus();
});

beforeEach(() => {
  clock = new ManualClock();
  events = [];
  heard = [];
  remote = new RemoteAudio({
    opus,
    clock,
    sampleRate: 16000,
    onFrame: ({ timestampSamples }, { id }) =>
      heard.push({ id, timestamp: timestampSamples / 320 }),
    onJoined: ({ id, name }: EdgeUser) => events.push(`joined ${id} ${name}`),
    onLeft: ({ id }: EdgeUser) => events.push(`left ${id}`),
  });
});

afterEach(() => {
  remote.close();
  expect(clock.timerCount).toBe(0);
});

interface Speaker {
  readonly session: RemoteSession;
  readonly track: MediaStreamTrack;
  speak(frames: number): void;
}

function session(userId: string, sessionId: string, joinedAtSeconds: number): Speaker {
  const track = new MediaStreamTrack({ kind: 'audio', remote: true });
  let sequenceNumber = 100;
  return {
    track,
    session: {
      sessionId,
      userId,
      name: `Name of ${userId}`,
      joinedAt: { seconds: String(joinedAtSeconds), nanos: 0 },
      audioStream: new MediaStream([track]),
    },
    speak(frames) {
      for (const payload of encodeFrames(opus, toneFrames(440, 16000, frames))) {
        const header = new RtpHeader({ sequenceNumber, timestamp: sequenceNumber * 960 });
        sequenceNumber++;
        track.onReceiveRtp.execute(new RtpPacket(header, Buffer.from(payload)));
      }
    },
  };
}

test('each user is a source of its own', () => {
  const [anna, ben] = [session('anna', 's1', 1), session('ben', 's2', 2)];
  remote.update([anna.session, ben.session]);
  anna.speak(2);
  ben.speak(1);
  expect(events).toEqual(['joined anna Name of anna', 'joined ben Name of ben']);
  expect(heard.map(({ id }) => id)).toEqual(['anna', 'anna', 'ben']);
  expect(remote.users.map(({ id }) => id)).toEqual(['anna', 'ben']);
});

test('a user whose session is replaced stays, and its media time goes on', async () => {
  const before = session('anna', 's1', 1);
  remote.update([before.session]);
  before.speak(3);
  remote.update([]);
  await clock.advance(500);
  const after = session('anna', 's2', 2);
  remote.update([after.session]);
  after.speak(2);
  before.speak(1);
  await clock.advance(5_000);
  expect(events).toEqual(['joined anna Name of anna']);
  expect(heard.map(({ timestamp }) => timestamp)).toEqual([0, 1, 2, 27, 28]);
});

test('a user who is gone has left after a second, and may come back', async () => {
  const before = session('anna', 's1', 1);
  remote.update([before.session]);
  before.speak(2);
  remote.update([]);
  await clock.advance(999);
  expect(events).toHaveLength(1);
  await clock.advance(1);
  expect(events).toEqual(['joined anna Name of anna', 'left anna']);
  expect(remote.users).toEqual([]);
  const after = session('anna', 's2', 2);
  remote.update([after.session]);
  after.speak(1);
  expect(events).toHaveLength(3);
  expect(heard.map(({ timestamp }) => timestamp)).toEqual([0, 1, 51]);
});

test('of a user’s sessions the latest that speaks is heard', () => {
  const first = session('anna', 's1', 1);
  const second = session('anna', 's2', 2);
  remote.update([first.session, { ...second.session, audioStream: undefined }]);
  first.speak(1);
  remote.update([first.session, second.session]);
  first.speak(1);
  second.speak(1);
  expect(heard).toHaveLength(2);
  expect(events).toEqual(['joined anna Name of anna']);
});

test('a packet that holds nothing is skipped', () => {
  const anna = session('anna', 's1', 1);
  remote.update([anna.session]);
  anna.track.onReceiveRtp.execute(new RtpPacket(new RtpHeader(), Buffer.alloc(0)));
  expect(heard).toEqual([]);
});

test('after closing nobody is heard and nothing is told', async () => {
  const anna = session('anna', 's1', 1);
  remote.update([anna.session]);
  remote.close();
  anna.speak(1);
  remote.update([]);
  await clock.advance(5_000);
  expect(heard).toEqual([]);
  expect(events).toHaveLength(1);
});
