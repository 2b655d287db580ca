import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import type { Socket } from 'node:dgram';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { sharedTicker, systemClock } from '@phone-agents/core';

/** An SRTP packet of narrowband Opus. */
const PACKET_BYTES = 100;

/**
 * As many packets as participants send and get, and nothing else: what this machine takes for the network
 * alone. Another process sends them back, as the media server does.
 */
export class DatagramFloor {
  readonly #child: ChildProcess;
  readonly #port: number;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.#port = port;
  }

  static async start(): Promise<DatagramFloor> {
    const child = fork(fileURLToPath(new URL('./datagram-echo.ts', import.meta.url)));
    const [port] = (await once(child, 'message')) as [number];
    return new DatagramFloor(child, port);
  }

  /** Sends and gets 50 packets a second on each of so many sockets, until what it returns is called. */
  async run(sockets: number): Promise<() => void> {
    const packet = Buffer.alloc(PACKET_BYTES);
    const stops: (() => void)[] = [];
    for (let i = 0; i < sockets; i++) {
      const socket = await openSocket();
      const stop = sharedTicker(systemClock).subscribe(() =>
        socket.send(packet, this.#port, '127.0.0.1'),
      );
      stops.push(() => {
        stop();
        socket.close();
      });
    }
    return () => {
      for (const stop of stops) stop();
    };
  }

  stop(): void {
    this.#child.disconnect();
  }
}

async function openSocket(): Promise<Socket> {
  const socket = createSocket('udp4');
  socket.on('message', () => {});
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return socket;
}
