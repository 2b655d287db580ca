import { RTCPeerConnection } from 'werift';
import { startStunServer } from './stun-server.ts';

test('a peer connection learns its address', async () => {
  const server = await startStunServer();
  const peer = new RTCPeerConnection({
    iceServers: [{ urls: server.url }],
    iceUseIpv4: false,
    iceUseIpv6: false,
    iceAdditionalHostAddresses: ['127.0.0.1'],
  });
  peer.createDataChannel('any');
  await peer.setLocalDescription(await peer.createOffer());
  const candidates = peer.iceTransports[0]?.localCandidates ?? [];
  const reflexive = candidates.find(({ type }) => type === 'srflx');
  expect(reflexive?.ip).toBe('127.0.0.1');
  expect(reflexive?.port).toBe(reflexive?.relatedPort);
  await peer.close();
  await server.close();
});
