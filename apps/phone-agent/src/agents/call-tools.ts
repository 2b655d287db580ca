import type { AgentTools } from '@phone-agents/agent';
import { phoneTools } from '@phone-agents/agent';

/** What the app's models can do with a call: hang up, take keys, and transfer to the settings' destinations. */
export function callTools(destinations: readonly string[]): AgentTools {
  const described = Object.fromEntries(
    destinations.map((name) => [name, `Callers who ask for ${name}.`]),
  );
  return (context) => phoneTools(context, { destinations: described });
}
