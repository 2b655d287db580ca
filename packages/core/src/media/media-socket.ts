/** What a {@link MediaSocket} tells its one owner. */
export interface MediaSocketHandlers {
  /** One whole message; `data` is valid only during the call. */
  message(data: Uint8Array, isBinary: boolean): void;
  /** The socket has closed, by whichever side; called once. */
  close(code: number, reason: string): void;
  /** The connection broke; `close` follows. */
  error(error: unknown): void;
}

/** The little that a media stream needs of a WebSocket; `ws` sockets are wrapped in a few lines. */
export interface MediaSocket {
  /** Bytes given to `send` that have not reached the network yet. */
  readonly bufferedAmount: number;
  /** Sends a text message (string) or a binary one (bytes). After closing: does nothing. */
  send(data: string | Uint8Array): void;
  /** Begins the closing handshake, and breaks the connection where the other side does not follow. */
  close(code: number, reason: string): void;
  /** Names the owner; messages that came before are delivered first. Called once. */
  setHandlers(handlers: MediaSocketHandlers): void;
}
