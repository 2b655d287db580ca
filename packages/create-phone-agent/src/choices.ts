/** Who carries the calls. */
export const PROVIDERS = ['twilio', 'telnyx'] as const;
/** Where phone and agent meet. */
export const EDGES = ['local', 'stream'] as const;
/** Who answers. */
export const AGENTS = ['offline', 'cloud', 'realtime'] as const;

/** What a project is made of. */
export interface ProjectChoices {
  readonly provider: (typeof PROVIDERS)[number];
  readonly edge: (typeof EDGES)[number];
  readonly agent: (typeof AGENTS)[number];
}

/** What is taken where nothing is said: it needs no account but the phone's. */
export const DEFAULT_CHOICES: ProjectChoices = {
  provider: 'twilio',
  edge: 'local',
  agent: 'offline',
};

/** One thing to decide, with what each choice means. */
export type Question = {
  readonly [Name in keyof ProjectChoices]: {
    readonly name: Name;
    readonly text: string;
    readonly options: Readonly<Record<ProjectChoices[Name], string>>;
  };
}[keyof ProjectChoices];

/** What is asked, in order. */
export const QUESTIONS: readonly Question[] = [
  {
    name: 'provider',
    text: 'Who carries the calls? (Simulated until you give credentials.)',
    options: { twilio: 'Twilio', telnyx: 'Telnyx' },
  },
  {
    name: 'edge',
    text: 'Where do phone and agent meet?',
    options: {
      local: 'in your own process',
      stream: 'in a call on Stream Video, which people can join',
    },
  },
  {
    name: 'agent',
    text: 'Who answers?',
    options: {
      offline: 'speech on this machine and written answers, no account',
      cloud: 'Deepgram hears, an OpenAI model thinks, ElevenLabs speaks; offline until it has keys',
      realtime: 'one model of OpenAI hears, thinks and speaks; offline until it has a key',
    },
  },
];
