export {
  createStreamStandin,
  type StandinParticipant,
  type StreamStandin,
  type StreamStandinOptions,
} from './stream-standin.ts';
export type { JoinRefusalKind, RefuseJoinsOptions, StandinFaults } from './faults.ts';
export type { PacketDirection, PacketFaults } from './network-faults.ts';
