/** Where an ngrok agent tells of its tunnels, unless it was configured otherwise. */
export const NGROK_AGENT_URL = 'http://127.0.0.1:4040';
/** It is on this machine: it answers at once, or is not there. */
const ANSWER_TIMEOUT_MS = 1_000;

interface AgentTunnel {
  readonly public_url?: unknown;
  readonly config?: { readonly addr?: unknown };
}

/**
 * The public address of a tunnel that an ngrok agent on this machine (`ngrok http 8000`) has open to a port.
 *
 * @param agentUrl The agent's own address.
 * @returns undefined where there is no agent, or none of its tunnels leads to the port.
 */
export async function findLocalTunnel(
  port: number,
  agentUrl = NGROK_AGENT_URL,
): Promise<string | undefined> {
  let tunnels: readonly AgentTunnel[];
  try {
    const response = await fetch(`${agentUrl}/api/tunnels`, {
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    });
    const answer = (await response.json()) as { readonly tunnels?: unknown };
    tunnels = Array.isArray(answer.tunnels) ? (answer.tunnels as AgentTunnel[]) : [];
  } catch {
    // No agent, or another program on its port.
    return undefined;
  }
  for (const { public_url: publicUrl, config } of tunnels) {
    if (typeof publicUrl !== 'string' || !publicUrl.startsWith('https:')) continue;
    if (leadsTo(config?.addr, port)) return publicUrl;
  }
  return undefined;
}

/** `http://localhost:8000`, `localhost:8000` or `8000`, as agents write where a tunnel leads. */
function leadsTo(address: unknown, port: number): boolean {
  return typeof address === 'string' && new RegExp(`(?:^|:)${port}/?$`).test(address);
}
