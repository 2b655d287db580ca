export type {
  CheckCommand,
  SetUpCommand,
  SetupCommand,
  SetupGrammar,
  TearDownCommand,
} from './setup-arguments.ts';
export { UsageError, readSetupArguments } from './setup-arguments.ts';
export type { SetupJournalOptions } from './setup-journal.ts';
export { JournalError, SetupJournal } from './setup-journal.ts';
export type {
  CheckResult,
  Print,
  SetupAccount,
  SetupProgram,
  SetupSurroundings,
} from './setup-program.ts';
export { SetupError, runSetupProcess, runSetupProgram } from './setup-program.ts';
