import { createSocket, type RemoteInfo } from 'node:dgram';
import { LOCAL_ADDRESS } from './local-server.ts';

/** RFC 8489 section 5: the type of a message, its length, the magic cookie, and 12 bytes of transaction id. */
const HEADER_BYTES = 20;
const BINDING_REQUEST = 0x0001;
const BINDING_SUCCESS = 0x0101;
const MAGIC_COOKIE = 0x2112a442;
const XOR_MAPPED_ADDRESS = 0x0020;
const IPV4 = 0x01;

export interface StunServer {
  readonly url: string;
  close(): Promise<void>;
}

/** Tells a client its address, so that clients that insist on asking need not reach for the internet. */
export async function startStunServer(): Promise<StunServer> {
  const socket = createSocket('udp4');
  socket.on('message', (request, from) => {
    const response = bindingResponse(request, from);
    if (response !== undefined) socket.send(response, from.port, from.address);
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(0, LOCAL_ADDRESS, resolve);
  });
  return {
    url: `stun:${LOCAL_ADDRESS}:${socket.address().port}`,
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

function bindingResponse(request: Buffer, from: RemoteInfo): Buffer | undefined {
  if (request.length < HEADER_BYTES || request.readUInt16BE(0) !== BINDING_REQUEST)
    return undefined;
  if (request.readUInt32BE(4) !== MAGIC_COOKIE) return undefined;
  const response = Buffer.alloc(HEADER_BYTES + 12);
  response.writeUInt16BE(BINDING_SUCCESS, 0);
  response.writeUInt16BE(12, 2);
  request.copy(response, 4, 4, HEADER_BYTES);
  response.writeUInt16BE(XOR_MAPPED_ADDRESS, 20);
  response.writeUInt16BE(8, 22);
  response.writeUInt8(IPV4, 25);
  response.writeUInt16BE(from.port ^ (MAGIC_COOKIE >>> 16), 26);
  const address = from.address.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0);
  response.writeUInt32BE((address ^ MAGIC_COOKIE) >>> 0, 28);
  return response;
}
