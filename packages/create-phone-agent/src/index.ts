export type { ProjectChoices } from './choices.ts';
export { AGENTS, DEFAULT_CHOICES, EDGES, PROVIDERS } from './choices.ts';
export { FolderNotEmptyError, createProject } from './create-project.ts';
