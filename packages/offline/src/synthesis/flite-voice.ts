/** Voices of flite at 16 kHz: `rms` is a man's, `slt` a woman's, both American. */
export type FliteVoice = 'rms' | 'slt';
