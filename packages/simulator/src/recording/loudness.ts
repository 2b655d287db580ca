/** Louder than this is speech, in 16-bit samples: about −40 dB of full scale. */
const LOUD_SAMPLE = 300;

/** Index of the first loud sample from `from` on; the length where there is none. */
export function firstLoud(samples: Int16Array, from = 0): number {
  let index = Math.max(0, from);
  while (index < samples.length && Math.abs(samples[index]!) < LOUD_SAMPLE) index++;
  return Math.min(index, samples.length);
}

/** Index behind the last loud sample before a silence of `silence` samples, from `from` on. */
export function silentFrom(samples: Int16Array, from: number, silence: number): number {
  let end = from;
  for (let index = from; index < samples.length && index - end < silence; index++) {
    if (Math.abs(samples[index]!) >= LOUD_SAMPLE) end = index + 1;
  }
  return end;
}

/** Speech without the silence before and behind it, so that its ends are known exactly. */
export function trimSilence(samples: Int16Array): Int16Array {
  const start = firstLoud(samples);
  let end = samples.length;
  while (end > start && Math.abs(samples[end - 1]!) < LOUD_SAMPLE) end--;
  return samples.slice(start, end);
}

/** Cuts speech at silences of at least `silence` samples, and leaves half of it around each part. */
export function splitAtSilence(samples: Int16Array, silence: number): Int16Array[] {
  const parts: Int16Array[] = [];
  for (let start = firstLoud(samples); start < samples.length;) {
    const end = silentFrom(samples, start, silence);
    parts.push(samples.slice(Math.max(0, start - silence / 2), end + silence / 2));
    start = firstLoud(samples, end);
  }
  return parts;
}
