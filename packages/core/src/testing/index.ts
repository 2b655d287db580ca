export { ManualClock } from './manual-clock.ts';
export type {
  SimulatedCall,
  SimulatedCallEnd,
  SimulatedCallOptions,
  SimulatedCarrier,
} from './simulated-carrier.ts';
