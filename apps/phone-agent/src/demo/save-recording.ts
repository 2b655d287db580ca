import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { CarrierCall } from '@phone-agents/simulator';

/** Saves what both sides sounded like, and gives the file. */
export async function saveRecording(
  call: CarrierCall,
  mode: string,
  folder = 'recordings',
): Promise<string> {
  await mkdir(folder, { recursive: true });
  const time = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const path = join(folder, `demo-${time}-${mode}.wav`);
  await call.saveRecording(path);
  return path;
}
