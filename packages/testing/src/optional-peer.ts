import { PhoneAgentError } from '@phone-agents/core';

/**
 * Loads a package that only some tests need.
 *
 * @throws PhoneAgentError with code `package_missing` that names what to install.
 */
export async function loadPeer<Module>(name: string, load: () => Promise<Module>): Promise<Module> {
  try {
    return await load();
  } catch (cause) {
    throw new PhoneAgentError('package_missing', `Install ${name} for this kind of test.`, {
      cause,
    });
  }
}
