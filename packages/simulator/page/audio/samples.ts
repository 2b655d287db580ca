/** Loudness below which a meter shows nothing, in dB of full scale. */
const FLOOR_DB = -60;

/** 16-bit samples of sound between −1 and 1; what is louder is cut off. */
export function toInt16(samples: Float32Array): Int16Array {
  return Int16Array.from(samples, (sample) =>
    Math.max(-32_768, Math.min(32_767, Math.round(sample * 32_768))),
  );
}

/** Sound between −1 and 1 of 16-bit samples. */
export function toFloat(samples: Int16Array): Float32Array {
  return Float32Array.from(samples, (sample) => sample / 32_768);
}

/** How loud samples are: 0 is −60 dB of full scale or less, 1 full scale. */
export function loudness(samples: Int16Array): number {
  let power = 0;
  for (const sample of samples) power += (sample / 32_768) ** 2;
  const db = 10 * Math.log10(power / Math.max(1, samples.length) + 1e-12);
  return Math.max(0, Math.min(1, 1 - db / FLOOR_DB));
}
