import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { PackageEntry } from './public-names.ts';

/** A public name, and the file that declares it. */
interface Declaration {
  readonly name: string;
  readonly file: string;
}

const EXPORT_FROM = /export\s+(?:type\s+)?\{([^}]*)\}\s+from\s+'(\.[^']+)'/g;
const DECLARED_HERE =
  /^export\s+(?:abstract\s+|async\s+)*(?:const|function\*?|class|interface|type)\s+(\w+)/gm;

/**
 * The public names of an entry that have no doc comment, as `file: name`. What is re-exported through
 * several files is followed to its declaration.
 */
export function undocumentedNames(root: string, { source }: PackageEntry): string[] {
  return declarationsOf(root, source)
    .filter(({ name, file }) => !isDocumented(readFileSync(join(root, file), 'utf8'), name))
    .map(({ name, file }) => `${file}: ${name}`);
}

function declarationsOf(root: string, file: string): Declaration[] {
  const text = readFileSync(join(root, file), 'utf8');
  const here = [...text.matchAll(DECLARED_HERE)].map(([, name = '']) => ({ name, file }));
  const elsewhere = [...text.matchAll(EXPORT_FROM)].flatMap(([, list = '', path = '']) => {
    const target = join(dirname(file), path).replaceAll('\\', '/');
    const names = list
      .split(',')
      .map((item) => item.trim().replace(/^type\s+/, ''))
      .filter((item) => item !== '')
      // Under another name it is still declared under its own.
      .map((item) => item.split(/\s+as\s+/)[0]!);
    const declared = declarationsOf(root, target);
    return names.map(
      (name) => declared.find((item) => item.name === name) ?? { name, file: target },
    );
  });
  return [...here, ...elsewhere];
}

/** Whether a doc comment stands right before the name's first declaration (overloads share one). */
export function isDocumented(text: string, name: string): boolean {
  const declaration = new RegExp(
    `^(?:export\\s+)?(?:declare\\s+)?(?:abstract\\s+|async\\s+)*(?:const|function\\*?|class|interface|type)\\s+${name}\\b`,
    'm',
  ).exec(text);
  return declaration !== null && /\*\/\s*$/.test(text.slice(0, declaration.index));
}
