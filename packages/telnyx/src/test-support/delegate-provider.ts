import type { TelephonyProvider } from '@phone-agents/core';

/** The same provider, but for the members that are given. */
export function delegateProvider(
  provider: TelephonyProvider,
  own: Partial<TelephonyProvider>,
): TelephonyProvider {
  return new Proxy(provider, {
    get: (target, key) => {
      if (key in own) return Reflect.get(own, key) as unknown;
      const member: unknown = Reflect.get(target, key);
      // Private members are found on the provider itself only.
      return typeof member === 'function' ? (member.bind(target) as unknown) : member;
    },
  });
}
