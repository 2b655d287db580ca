/** The other side of {@link DatagramFloor}: sends back whatever comes. Its port is its message. */
import { createSocket } from 'node:dgram';

const socket = createSocket('udp4');
socket.on('message', (packet, { address, port }) => socket.send(packet, port, address));
socket.bind(0, '127.0.0.1', () => process.send?.(socket.address().port));
process.once('disconnect', () => socket.close());
