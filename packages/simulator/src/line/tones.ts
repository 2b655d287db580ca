const KEY_ROWS_HZ = [697, 770, 852, 941] as const;
const KEY_COLUMNS_HZ = [1209, 1336, 1477, 1633] as const;
const KEYS = '123A456B789C*0#D';
const KEY_AMPLITUDE = 4_000;
const VOICE_AMPLITUDE = 600;

/** The tones of keys (ITU-T Q.23), 100 ms each with 100 ms of silence behind; `w` is half a second of silence. */
export function keyTones(keys: string, sampleRate: number): Int16Array {
  const pieces = [...keys.toUpperCase()].map((key) => {
    if (key === 'W') return new Int16Array(sampleRate / 2);
    const piece = new Int16Array(sampleRate / 5);
    const index = KEYS.indexOf(key);
    if (index < 0) return piece;
    addTone(
      piece.subarray(0, sampleRate / 10),
      KEY_ROWS_HZ[index >> 2]!,
      KEY_AMPLITUDE,
      sampleRate,
    );
    addTone(
      piece.subarray(0, sampleRate / 10),
      KEY_COLUMNS_HZ[index & 3]!,
      KEY_AMPLITUDE,
      sampleRate,
    );
    return piece;
  });
  const all = new Int16Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

/** One tone, as loud as a key's. */
export function toneSamples(hertz: number, durationMs: number, sampleRate: number): Int16Array {
  const samples = new Int16Array(Math.round((durationMs / 1000) * sampleRate));
  addTone(samples, hertz, KEY_AMPLITUDE, sampleRate);
  return samples;
}

/** A quiet hum that stands for the carrier's own voice where nobody renders its words. */
export function voiceHum(durationMs: number, sampleRate: number): Int16Array {
  const samples = new Int16Array(Math.round((durationMs / 1000) * sampleRate));
  addTone(samples, 220, VOICE_AMPLITUDE, sampleRate);
  return samples;
}

function addTone(samples: Int16Array, hertz: number, amplitude: number, sampleRate: number): void {
  const step = (2 * Math.PI * hertz) / sampleRate;
  for (let i = 0; i < samples.length; i++) {
    samples[i] = samples[i]! + Math.round(amplitude * Math.sin(step * i));
  }
}
