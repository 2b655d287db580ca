/** What a measured server process is told. */
export type ServerCommand = 'measure' | 'measure-memory' | 'stop';

/** What it says: where it listens, or what it has used so far. */
export type ServerReport =
  { readonly url: string } | { readonly cpuMicroseconds: number; readonly memoryBytes: number };
