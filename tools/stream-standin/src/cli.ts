/** `npm run stream-standin`: runs the stand-in until it is interrupted, and prints what clients need to know. */
import { parseArgs } from 'node:util';
import { createStreamStandin } from './index.ts';

const usage = `Usage: npm run stream-standin -- [--port 8100] [--user name]

Runs a stand-in of Stream Video on this machine. --user prints a token with which a client may join as that user.`;

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '8100' },
    user: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
const port = Number(values.port);
if (values.help) {
  console.log(usage);
} else if (!Number.isInteger(port) || port < 0 || port > 65_535) {
  console.error(`--port must be a number from 0 to 65535.\n\n${usage}`);
  process.exitCode = 1;
} else {
  const standin = await createStreamStandin({ port });
  console.log(`STREAM_BASE_URL=${standin.url}
STREAM_API_KEY=${standin.apiKey}
STREAM_API_SECRET=${standin.apiSecret}`);
  if (values.user !== undefined) console.log(`STREAM_USER_TOKEN=${standin.userToken(values.user)}`);
  console.log('The stand-in of Stream is running. Ctrl-C ends it.');
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void standin.close());
  }
}
