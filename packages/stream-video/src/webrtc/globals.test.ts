const NAMES = [
  'MediaStream',
  'MediaStreamTrack',
  'RTCIceCandidate',
  'RTCPeerConnection',
  'RTCPeerConnectionIceErrorEvent',
  'RTCSessionDescription',
];

function present(): string[] {
  return NAMES.filter((name) => name in globalThis);
}

test('importing the package changes nothing; installing adds what is missing, and nothing else', async () => {
  const before = Object.getOwnPropertyNames(globalThis);
  await import('../index.ts');
  expect(Object.getOwnPropertyNames(globalThis)).toEqual(before);
  const { installWebRtcGlobals } = await import('./globals.ts');
  expect(present()).toEqual([]);
  const own = class {};
  Object.defineProperty(globalThis, 'MediaStream', { value: own, configurable: true });
  const imported = Object.getOwnPropertyNames(globalThis);
  installWebRtcGlobals();
  installWebRtcGlobals();
  expect(present()).toEqual(NAMES);
  expect(Reflect.get(globalThis, 'MediaStream')).toBe(own);
  const added = Object.getOwnPropertyNames(globalThis).filter((name) => !imported.includes(name));
  expect(added.toSorted()).toEqual(NAMES.filter((name) => name !== 'MediaStream'));
  expect(Object.keys(globalThis).filter((name) => NAMES.includes(name))).toEqual([]);
});
