import { randomUUID } from 'node:crypto';
import { type JsonObject, merged, objectField, objectList, textField } from '../json.ts';
import { defaultCallSettings } from './call-settings.ts';
import { type StandinUser, type UserStore, userResponse } from './user-store.ts';

interface Member {
  readonly userId: string;
  role: string;
  custom: JsonObject;
  readonly createdAt: string;
}

/** What a participant's session looks like to the coordinator. */
export interface CallSessionParticipant {
  readonly userId: string;
  readonly sessionId: string;
  readonly joinedAt: Date;
}

/** A call as the coordinator knows it; who is in it, the media servers know. */
export class StandinCall {
  readonly type: string;
  readonly id: string;
  readonly cid: string;
  readonly blockedUserIds = new Set<string>();
  /** Users who may not do something, by its name. */
  readonly #revoked = new Map<string, Set<string>>();
  readonly members = new Map<string, Member>();
  endedAt: string | undefined;
  sessionId = '';
  sessionStartedAt: string | undefined;
  settings: JsonObject = defaultCallSettings();
  custom: JsonObject = {};
  readonly #createdBy: StandinUser;
  readonly #createdAt = new Date().toISOString();
  #updatedAt = this.#createdAt;

  constructor(type: string, id: string, createdBy: StandinUser) {
    this.type = type;
    this.id = id;
    this.cid = `${type}:${id}`;
    this.#createdBy = createdBy;
  }

  /** Takes over what `data` of a request to create or change a call names. */
  update(data: JsonObject): void {
    this.settings = merged(this.settings, objectField(data, 'settings_override'));
    this.custom = { ...this.custom, ...objectField(data, 'custom') };
    this.addMembers(data['members']);
  }

  /** What of `capabilities` a user may do. */
  capabilitiesOf(userId: string, capabilities: readonly string[]): readonly string[] {
    return capabilities.filter((name) => this.#revoked.get(name)?.has(userId) !== true);
  }

  /** Takes a capability from a user. */
  revoke(userId: string, capability: string): void {
    const users = this.#revoked.get(capability) ?? new Set();
    this.#revoked.set(capability, users.add(userId));
  }

  /** Gives it back. */
  grant(userId: string, capability: string): void {
    this.#revoked.get(capability)?.delete(userId);
  }

  addMembers(list: unknown): void {
    for (const member of objectList(list)) {
      const userId = textField(member, 'user_id');
      if (userId === undefined) continue;
      this.members.set(userId, {
        userId,
        role: textField(member, 'role') ?? 'user',
        custom: objectField(member, 'custom'),
        createdAt: this.members.get(userId)?.createdAt ?? new Date().toISOString(),
      });
    }
    this.#updatedAt = new Date().toISOString();
  }

  /** The most participants at a time; undefined is no limit. */
  get maxParticipants(): number | undefined {
    const limit = objectField(this.settings, 'limits')['max_participants'];
    return typeof limit === 'number' && limit > 0 ? limit : undefined;
  }

  /** Begins a session with the first participant. */
  startSession(): void {
    if (this.sessionId !== '') return;
    this.sessionId = randomUUID();
    this.sessionStartedAt = new Date().toISOString();
  }

  memberResponses(users: UserStore): JsonObject[] {
    return [...this.members.values()].flatMap((member) => {
      const user = users.get(member.userId);
      if (user === undefined) return [];
      return {
        user_id: member.userId,
        user: userResponse(user),
        role: member.role,
        custom: member.custom,
        created_at: member.createdAt,
        updated_at: this.#updatedAt,
      };
    });
  }

  toResponse(users: UserStore, participants: readonly CallSessionParticipant[]): JsonObject {
    return {
      type: this.type,
      id: this.id,
      cid: this.cid,
      created_by: userResponse(this.#createdBy),
      created_at: this.#createdAt,
      updated_at: this.#updatedAt,
      ...(this.endedAt === undefined ? {} : { ended_at: this.endedAt }),
      backstage: false,
      blocked_user_ids: [...this.blockedUserIds],
      captioning: false,
      current_session_id: this.sessionId,
      custom: this.custom,
      egress: { broadcasting: false, rtmps: [] },
      ingress: { rtmp: { address: '' }, srt: { address: '' }, whip: { address: '' } },
      recording: false,
      settings: this.settings,
      transcribing: false,
      translating: false,
      ...(this.sessionId === '' ? {} : { session: this.#session(users, participants) }),
    };
  }

  #session(users: UserStore, participants: readonly CallSessionParticipant[]): JsonObject {
    return {
      id: this.sessionId,
      started_at: this.sessionStartedAt,
      ...(this.endedAt === undefined ? {} : { ended_at: this.endedAt }),
      accepted_by: {},
      missed_by: {},
      rejected_by: {},
      anonymous_participant_count: 0,
      participants_count_by_role: { user: participants.length },
      participants: participants.flatMap(({ userId, sessionId, joinedAt }) => {
        const user = users.get(userId);
        if (user === undefined) return [];
        return {
          user: userResponse(user),
          user_session_id: sessionId,
          role: user.role,
          joined_at: joinedAt.toISOString(),
        };
      }),
    };
  }
}
