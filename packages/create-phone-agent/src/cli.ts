#!/usr/bin/env node
import { relative } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline/promises';
import { UsageError, USAGE, readArguments } from './arguments.ts';
import { askForMissing } from './ask.ts';
import { DEFAULT_CHOICES } from './choices.ts';
import { FolderNotEmptyError, createProject } from './create-project.ts';

const DEFAULT_FOLDER = 'phone-agent';

async function main(): Promise<void> {
  const { folder: given, choices: chosen, yes, help } = readArguments(process.argv.slice(2));
  if (help) {
    console.log(USAGE);
    return;
  }
  const defaults = { folder: DEFAULT_FOLDER, choices: DEFAULT_CHOICES };
  let project = {
    folder: given ?? defaults.folder,
    choices: { ...defaults.choices, ...chosen },
  };
  if (!yes && process.stdin.isTTY) {
    const terminal = createInterface({ input: process.stdin, output: process.stdout });
    try {
      project = await askForMissing({ folder: given, choices: chosen }, defaults, (prompt) =>
        terminal.question(prompt),
      );
    } finally {
      terminal.close();
    }
  }
  const files = await createProject(project.folder, project.choices);
  console.log(`Wrote ${files.length} files into ${project.folder}. Next:`);
  const folder = relative('.', project.folder);
  if (folder !== '') console.log(`  cd ${folder}`);
  console.log('  npm install\n  npm start\nThen open http://localhost:8000/ and call.');
}

try {
  await main();
} catch (error) {
  if (error instanceof UsageError) console.error(`${error.message}\n\n${USAGE}`);
  else if (error instanceof FolderNotEmptyError) console.error(error.message);
  else throw error;
  process.exitCode = 1;
}
