import type { Verdict } from '../interleaved.ts';
import { median } from '../median.ts';
import type { Suite } from '../suite.ts';
import { measureBrowserDelays } from './browser-delay.ts';
import { DatagramFloor } from './datagram-floor.ts';
import { measureDelays } from './one-way-delay.ts';
import type { ParticipantCost } from './participant-cost.ts';
import { measureFloor, measureMegabytes, measureParticipants } from './participant-cost.ts';
import { StandinProcess } from './standin-process.ts';

const PAIRS = 3;
/** Each kind is measured so often, in turns: a machine that slows down does so for all. */
const ROUNDS = 3;
const CLICKS = 40;

type Print = (line: string) => void;

interface Costs {
  /** CPU and memory of a phone participant. */
  readonly phoneMs: number;
  readonly megabytes: number;
  /** CPU of the packets alone. */
  readonly floorMs: number;
}

async function measureCosts({ edge }: StandinProcess, print: Print): Promise<Costs> {
  const floor = await DatagramFloor.start();
  try {
    // The first time loads modules and compiles code.
    await measureMegabytes(edge, 8000, PAIRS);
    const megabytes = await measureMegabytes(edge, 8000, PAIRS);
    await measureParticipants(edge, 8000, PAIRS);
    const floors: number[] = [];
    const phones: ParticipantCost[] = [];
    const agents: ParticipantCost[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      floors.push(await measureFloor(floor, PAIRS));
      phones.push(await measureParticipants(edge, 8000, PAIRS));
      agents.push(await measureParticipants(edge, 16000, PAIRS));
    }
    print(`  the packets alone  ${describe(floors)} ms CPU a second of audio`);
    for (const [name, costs] of [
      ['phone, 8 kHz', phones],
      ['agent, 16 kHz', agents],
    ] as const) {
      const arrived = median(costs.map((cost) => cost.arrived));
      print(
        `  ${name.padEnd(17)}  ${describe(cpuOf(costs))} ms CPU a second of audio, ` +
          `${(arrived * 100).toFixed(1)} % of the frames came in time`,
      );
    }
    return { phoneMs: median(cpuOf(phones)), megabytes, floorMs: median(floors) };
  } finally {
    floor.stop();
  }
}

function cpuOf(costs: readonly ParticipantCost[]): number[] {
  return costs.map(({ cpuMs }) => cpuMs);
}

/** The median, and all of them. */
function describe(values: readonly number[]): string {
  return `${median(values).toFixed(1)} (${values.map((value) => value.toFixed(1)).join(', ')})`;
}

function describeDelay(what: string, delays: readonly number[]): string {
  const slowest = Math.max(...delays);
  return `  one way, ${what}: median ${median(delays).toFixed(0)} ms, at most ${slowest.toFixed(0)} ms`;
}

function judge(what: string, value: number, most: number, unit: string, digits = 1): Verdict {
  const held = value <= most;
  return {
    text: `${what}, must be at most ${most} ${unit}: ${value.toFixed(digits)}, ${held ? 'pass' : 'over budget (machine?)'}`,
    held,
    binding: false,
  };
}

/** What a participant in a Stream call costs this process, and how late its sound is. */
export const streamSuite: Suite = {
  title: `${2 * PAIRS} participants in ${PAIRS} calls, each sending and hearing one other; the media server is another process`,
  run: async (print) => {
    const standin = await StandinProcess.start();
    try {
      const { phoneMs, megabytes, floorMs } = await measureCosts(standin, print);
      const delays = await measureDelays(standin.edge, CLICKS);
      print(describeDelay('phone to a listener in Node, at 48 kHz', delays));
      const inBrowser = await measureBrowserDelays(standin, CLICKS);
      print(
        inBrowser === undefined
          ? '  one way, phone to browser: not measured, neither Chromium nor Chrome is installed'
          : `${describeDelay('phone to browser', inBrowser.delaysMs)}; ` +
              `in the browser’s own jitter buffer ${inBrowser.jitterBufferMs.toFixed(0)} ms`,
      );
      const verdicts = [
        judge('CPU per phone participant', phoneMs, 25, 'ms a second'),
        judge('memory per phone participant', megabytes, 9, 'MB'),
        ...(inBrowser === undefined
          ? []
          : [judge('delay from phone to browser', median(inBrowser.delaysMs), 80, 'ms', 0)]),
      ];
      print(
        `  a phone participant takes ${(phoneMs / floorMs).toFixed(1)} times what its packets alone take`,
      );
      for (const { text } of verdicts) print(`  ${text}`);
      return verdicts;
    } finally {
      await standin.stop();
    }
  },
};
