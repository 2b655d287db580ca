/**
 * The part of WASI (preview 1) that a command-line program compiled to WebAssembly needs, wholly in
 * memory: arguments, one folder that holds what the program writes, and captured standard output.
 * Nothing of the host is reachable, and the clock stands still, so that the same input gives the
 * same output. Source: "WebAssembly System Interface, snapshot preview 1", witx/typenames.
 */

const SUCCESS = 0;
const BAD_DESCRIPTOR = 8;
const INVALID = 28;
const NO_ENTRY = 44;

const FILE_TYPE_CHARACTER_DEVICE = 2;
const FILE_TYPE_DIRECTORY = 3;
const FILE_TYPE_REGULAR = 4;
const OPEN_CREATE = 1;
const OPEN_TRUNCATE = 8;
const FOLDER_DESCRIPTOR = 3;
const FOLDER_NAME = '/';
const IOVEC_BYTES = 8;

interface MemoryFile {
  bytes: Uint8Array;
  length: number;
}

interface OpenFile {
  readonly file: MemoryFile;
  position: number;
}

/** Thrown through the program's stack when it calls `exit`. */
class ProgramExit extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`exit ${status}`);
    this.status = status;
  }
}

/** What a program left behind. */
export interface ProgramResult {
  readonly status: number;
  /** What it printed on standard output. */
  readonly output: string;
  /** What it printed on standard error. */
  readonly errors: string;
  /** A file that it wrote, or undefined where it wrote none of that name. */
  file(name: string): Uint8Array | undefined;
}

/**
 * Runs a WASI command once, from start to exit, in a fresh instance.
 *
 * @param args the arguments, the program's name first.
 */
export function runWasiCommand(module: WebAssembly.Module, args: readonly string[]): ProgramResult {
  const files = new Map<string, MemoryFile>();
  const descriptors = new Map<number, OpenFile>();
  for (const standard of [0, 1, 2]) descriptors.set(standard, { file: emptyFile(), position: 0 });
  const encodedArgs = args.map((arg) => new TextEncoder().encode(`${arg}\0`));
  let nextDescriptor = FOLDER_DESCRIPTOR + 1;

  const view = () => new DataView(memory.buffer);
  const bytes = (at: number, length: number) => new Uint8Array(memory.buffer, at, length);

  function forEachVector(at: number, count: number, use: (part: Uint8Array) => number): number {
    let total = 0;
    for (let i = 0; i < count; i += 1) {
      const start = view().getUint32(at + i * IOVEC_BYTES, true);
      const length = view().getUint32(at + i * IOVEC_BYTES + 4, true);
      const done = use(bytes(start, length));
      total += done;
      if (done < length) break;
    }
    return total;
  }

  const imports = {
    args_sizes_get(countAt: number, sizeAt: number): number {
      view().setUint32(countAt, encodedArgs.length, true);
      view().setUint32(
        sizeAt,
        encodedArgs.reduce((sum, arg) => sum + arg.length, 0),
        true,
      );
      return SUCCESS;
    },
    args_get(pointersAt: number, textAt: number): number {
      let at = textAt;
      encodedArgs.forEach((arg, index) => {
        view().setUint32(pointersAt + index * 4, at, true);
        bytes(at, arg.length).set(arg);
        at += arg.length;
      });
      return SUCCESS;
    },
    clock_time_get(_id: number, _precision: bigint, timeAt: number): number {
      view().setBigUint64(timeAt, 0n, true);
      return SUCCESS;
    },
    fd_close(descriptor: number): number {
      return descriptors.delete(descriptor) ? SUCCESS : BAD_DESCRIPTOR;
    },
    fd_fdstat_get(descriptor: number, at: number): number {
      const known = descriptors.has(descriptor);
      if (!known && descriptor !== FOLDER_DESCRIPTOR) return BAD_DESCRIPTOR;
      bytes(at, 24).fill(0);
      const type =
        descriptor === FOLDER_DESCRIPTOR
          ? FILE_TYPE_DIRECTORY
          : descriptor < FOLDER_DESCRIPTOR
            ? FILE_TYPE_CHARACTER_DEVICE
            : FILE_TYPE_REGULAR;
      view().setUint8(at, type);
      view().setBigUint64(at + 8, 0xffff_ffffn, true);
      view().setBigUint64(at + 16, 0xffff_ffffn, true);
      return SUCCESS;
    },
    fd_fdstat_set_flags(): number {
      return SUCCESS;
    },
    fd_prestat_get(descriptor: number, at: number): number {
      if (descriptor !== FOLDER_DESCRIPTOR) return BAD_DESCRIPTOR;
      view().setUint32(at, 0, true);
      view().setUint32(at + 4, FOLDER_NAME.length, true);
      return SUCCESS;
    },
    fd_prestat_dir_name(descriptor: number, at: number, length: number): number {
      if (descriptor !== FOLDER_DESCRIPTOR) return BAD_DESCRIPTOR;
      bytes(at, length).set(new TextEncoder().encode(FOLDER_NAME).subarray(0, length));
      return SUCCESS;
    },
    fd_read(descriptor: number, at: number, count: number, readAt: number): number {
      const open = descriptors.get(descriptor);
      if (open === undefined) return BAD_DESCRIPTOR;
      const total = forEachVector(at, count, (part) => {
        const rest = open.file.bytes.subarray(open.position, open.file.length);
        const taken = rest.subarray(0, part.length);
        part.set(taken);
        open.position += taken.length;
        return taken.length;
      });
      view().setUint32(readAt, total, true);
      return SUCCESS;
    },
    fd_seek(descriptor: number, offset: bigint, whence: number, positionAt: number): number {
      const open = descriptors.get(descriptor);
      if (open === undefined || descriptor < FOLDER_DESCRIPTOR) return BAD_DESCRIPTOR;
      const base = [0, open.position, open.file.length][whence];
      if (base === undefined || base + Number(offset) < 0) return INVALID;
      open.position = base + Number(offset);
      view().setBigUint64(positionAt, BigInt(open.position), true);
      return SUCCESS;
    },
    fd_write(descriptor: number, at: number, count: number, writtenAt: number): number {
      const open = descriptors.get(descriptor);
      if (open === undefined) return BAD_DESCRIPTOR;
      const total = forEachVector(at, count, (part) => {
        writeAt(open.file, open.position, part);
        open.position += part.length;
        return part.length;
      });
      view().setUint32(writtenAt, total, true);
      return SUCCESS;
    },
    path_open(
      _folder: number,
      _lookup: number,
      pathAt: number,
      pathLength: number,
      flags: number,
      _rights: bigint,
      _inheriting: bigint,
      _descriptorFlags: number,
      descriptorAt: number,
    ): number {
      const name = new TextDecoder().decode(bytes(pathAt, pathLength));
      let file = files.get(name);
      if (file === undefined) {
        if ((flags & OPEN_CREATE) === 0) return NO_ENTRY;
        file = emptyFile();
        files.set(name, file);
      }
      if ((flags & OPEN_TRUNCATE) !== 0) file.length = 0;
      const descriptor = nextDescriptor;
      nextDescriptor += 1;
      descriptors.set(descriptor, { file, position: 0 });
      view().setUint32(descriptorAt, descriptor, true);
      return SUCCESS;
    },
    proc_exit(status: number): never {
      throw new ProgramExit(status);
    },
  };

  const printed = [1, 2].map((descriptor) => (descriptors.get(descriptor) as OpenFile).file);
  const instance = new WebAssembly.Instance(module, { wasi_snapshot_preview1: imports });
  const memory = instance.exports['memory'] as WebAssembly.Memory;
  let status = 0;
  try {
    (instance.exports['_start'] as () => void)();
  } catch (error) {
    if (!(error instanceof ProgramExit)) throw error;
    status = error.status;
  }
  const text = (file: MemoryFile | undefined) =>
    file === undefined ? '' : new TextDecoder().decode(file.bytes.subarray(0, file.length));
  return {
    status,
    output: text(printed[0]),
    errors: text(printed[1]),
    file(name) {
      const file = files.get(name);
      return file?.bytes.subarray(0, file.length);
    },
  };
}

function emptyFile(): MemoryFile {
  return { bytes: new Uint8Array(0), length: 0 };
}

function writeAt(file: MemoryFile, position: number, part: Uint8Array): void {
  const end = position + part.length;
  if (end > file.bytes.length) {
    const grown = new Uint8Array(Math.max(end, file.bytes.length * 2, 1024));
    grown.set(file.bytes.subarray(0, file.length));
    file.bytes = grown;
  }
  file.bytes.set(part, position);
  file.length = Math.max(file.length, end);
}
