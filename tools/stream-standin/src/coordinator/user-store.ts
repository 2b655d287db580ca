import { type JsonObject, objectField, textField } from '../json.ts';

export interface StandinUser {
  readonly id: string;
  name: string;
  image: string;
  role: string;
  custom: JsonObject;
  readonly createdAt: string;
  updatedAt: string;
}

/** The users that a server created, or that connected with a token. */
export class UserStore {
  readonly #users = new Map<string, StandinUser>();

  get(id: string): StandinUser | undefined {
    return this.#users.get(id);
  }

  /** Creates the user or changes what `details` names; what it leaves out stays. */
  upsert(id: string, details: JsonObject): StandinUser {
    const now = new Date().toISOString();
    let user = this.#users.get(id);
    if (user === undefined) {
      user = { id, name: '', image: '', role: 'user', custom: {}, createdAt: now, updatedAt: now };
      this.#users.set(id, user);
    }
    user.name = textField(details, 'name') ?? user.name;
    user.image = textField(details, 'image') ?? user.image;
    user.role = textField(details, 'role') ?? user.role;
    user.custom = { ...user.custom, ...objectField(details, 'custom') };
    user.updatedAt = now;
    return user;
  }
}

/** A user in the form in which the coordinator answers. */
export function userResponse(user: StandinUser): JsonObject {
  return {
    id: user.id,
    name: user.name,
    image: user.image,
    role: user.role,
    custom: user.custom,
    language: '',
    teams: [],
    blocked_user_ids: [],
    created_at: user.createdAt,
    updated_at: user.updatedAt,
  };
}
