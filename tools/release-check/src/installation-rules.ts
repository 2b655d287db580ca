import { sourceBoundaries } from '@phone-agents/repository/boundaries';
import type { WorkspacePackage } from './workspace-package.ts';

/** One folder found below `node_modules`, at any depth. */
export interface InstalledPackage {
  readonly name: string;
  /** Relative to the installation, with forward slashes. */
  readonly path: string;
}

/** Large or opinionated packages, each of which only few of ours may bring along. */
const broughtOnlyBy: Readonly<Record<string, string | readonly string[]>> = {
  '@stream-io/node-sdk': '@phone-agents/stream-video',
  '@stream-io/video-client': '@phone-agents/stream-video',
  ai: ['@phone-agents/agent', '@phone-agents/knowledge'],
  express: '@phone-agents/express',
  koffi: '@phone-agents/offline',
  'onnxruntime-node': '@phone-agents/offline',
  'onnxruntime-web': '@phone-agents/offline',
  openai: '@phone-agents/openai',
  telnyx: '@phone-agents/telnyx',
  twilio: '@phone-agents/twilio',
  werift: '@phone-agents/stream-video',
};

/**
 * What is wrong with an installation of one package.
 *
 * @param expected The package and the siblings that its manifest brings, the package first.
 */
export function findViolations(
  expected: readonly WorkspacePackage[],
  installed: readonly InstalledPackage[],
): string[] {
  const subject = expected[0]?.manifest;
  if (subject === undefined) {
    return [];
  }
  const expectedNames = expected.map(({ manifest }) => manifest.name);
  const ours = installed.filter(
    ({ name }) => name.startsWith('@phone-agents/') || expectedNames.includes(name),
  );
  const violations: string[] = [];

  for (const name of new Set(ours.map((item) => item.name))) {
    const copies = ours.filter((item) => item.name === name);
    if (copies.length > 1) {
      const places = copies.map(({ path }) => path).join(', ');
      violations.push(`${name} is there ${String(copies.length)} times: ${places}`);
    }
    if (!expectedNames.includes(name)) {
      violations.push(`${name} came along undeclared`);
    }
  }
  for (const name of expectedNames) {
    if (!ours.some((item) => item.name === name)) {
      violations.push(`${name} is missing`);
    }
  }

  const allowedTags = (subject.nx?.tags ?? []).flatMap((tag) => sourceBoundaries[tag] ?? []);
  for (const { manifest } of expected.slice(1)) {
    if (!(manifest.nx?.tags ?? []).some((tag) => allowedTags.includes(tag))) {
      violations.push(`${subject.name} must not bring ${manifest.name}`);
    }
  }

  if (subject.name === '@phone-agents/core') {
    for (const { name, path } of installed) {
      if (name !== subject.name) {
        violations.push(`core has no dependency, but ${path} came along`);
      }
    }
  }
  for (const { name, path } of installed) {
    const owners = [broughtOnlyBy[name] ?? []].flat();
    if (owners.length > 0 && !owners.some((owner) => expectedNames.includes(owner))) {
      violations.push(`${path} belongs to ${owners.join(' or ')} and must not come along`);
    }
  }
  return violations;
}
