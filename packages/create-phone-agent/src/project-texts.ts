import type { ProjectChoices } from './choices.ts';
import { packageNameOf } from './project-manifest.ts';

const COMPANY = { twilio: 'Twilio', telnyx: 'Telnyx' } as const;

/** The .gitignore of a project. */
export const gitignore = ['node_modules', '.env', 'call.wav', ''].join('\n');

const CREDENTIALS = {
  twilio: `# From the Twilio console. With the auth token set, calls are real.
#TWILIO_ACCOUNT_SID=AC…
#TWILIO_AUTH_TOKEN=
`,
  telnyx: `# From the Telnyx portal. With the API key set, calls are real.
#TELNYX_API_KEY=KEY…
#TELNYX_PUBLIC_KEY=
`,
} as const;

/** The .env.example of a project. */
export function environmentExample({ provider, edge, agent }: ProjectChoices): string {
  const parts = [
    '# Copy to .env and take the # away from what you set. Nothing is needed to try it.\n',
    '# Port to listen on; without credentials on 127.0.0.1 only.\n#PORT=8000\n',
    `${CREDENTIALS[provider]}# How ${COMPANY[provider]} reaches this server.\n#PUBLIC_URL=https://phone.example.com\n`,
  ];
  if (edge === 'stream') {
    parts.push(
      '# From the Stream dashboard; without them phone and agent meet in this process.\n#STREAM_API_KEY=\n#STREAM_API_SECRET=\n',
    );
  }
  if (agent === 'cloud') {
    parts.push(
      '# With all three, the agent hears, thinks and speaks with them.\n#OPENAI_API_KEY=\n#DEEPGRAM_API_KEY=\n#ELEVENLABS_API_KEY=\n',
    );
  }
  if (agent === 'realtime') {
    parts.push('# With it, one model hears, thinks and speaks.\n#OPENAI_API_KEY=\n');
  }
  return parts.join('\n');
}

/** The README.md of a project. */
export function readme(folderName: string, choices: ProjectChoices): string {
  const company = COMPANY[choices.provider];
  return `# ${packageNameOf(folderName)}

A phone agent, made with [Phone Agents](https://github.com/phone-agents/phone-agents).

\`\`\`sh
npm install
npm start          # then open http://localhost:8000/ and call
npm run call       # or place a call from a second terminal
npm test
\`\`\`

Node 22.18 or newer. Nothing else is needed: a carrier on this machine stands in for ${company}.

- \`agent.ts\`: who answers, and what it knows.
- \`server.ts\`: the phone and its server.
- \`simulation.ts\`: the stand-in of ${company} and the telephone in the browser; not used with credentials.
- \`agent.test.ts\`: a caller who calls, asks, presses a key and listens, in virtual time.

For real calls, copy \`.env.example\` to \`.env\`, set the credentials and \`PUBLIC_URL\`, and start again: it prints what to enter at ${company}.
`;
}
