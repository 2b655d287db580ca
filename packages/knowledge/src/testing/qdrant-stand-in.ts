import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

/** A condition of a filter: a field that has a value, or one of several. */
interface Condition {
  readonly key: string;
  readonly match: { readonly value?: unknown; readonly any?: readonly unknown[] };
}
interface Filter {
  readonly must?: readonly Condition[];
  readonly must_not?: readonly Condition[];
}
interface SparseVector {
  readonly indices: readonly number[];
  readonly values: readonly number[];
}
type Vector = readonly number[] | SparseVector;
interface Point {
  readonly id: string | number;
  readonly vector: Readonly<Record<string, Vector>>;
  payload: Record<string, unknown>;
}
interface Collection {
  readonly vectors: Readonly<Record<string, { readonly size: number; readonly distance: string }>>;
  readonly sparse_vectors: Readonly<Record<string, object>>;
  readonly indexes: Map<string, string>;
  readonly points: Map<string | number, Point>;
}
interface Query {
  readonly query: Vector;
  readonly using: string;
  readonly filter?: Filter;
  readonly limit?: number;
}
/** A request, once it is known which collection it is about. */
type Body = Record<string, unknown>;

/** What a server of Qdrant's does, as far as our client asks, with everything in memory. */
export interface QdrantStandIn {
  readonly url: string;
  /** `PUT /collections/x/points` and so on, in the order in which they came. */
  readonly requests: readonly string[];
  /** Answers what `matches` with an error from now on, until it is called without. */
  fail(matches?: RegExp, status?: number): void;
  close(): Promise<void>;
}

/**
 * A loopback server that speaks Qdrant's REST messages as its OpenAPI description (version 1.16) has
 * them: collections, payload indexes, points, batches, scroll, count and query. It refuses what Qdrant
 * refuses that a client of ours could do wrong: vectors of a wrong length or name, unknown collections,
 * filters on fields without an index (Qdrant's strict mode), a wrong API key.
 */
export async function startQdrantStandIn(apiKey?: string): Promise<QdrantStandIn> {
  const collections = new Map<string, Collection>();
  const requests: string[] = [];
  let failing: { readonly matches: RegExp; readonly status: number } | undefined;
  const server = createServer((request, response) => {
    void (async () => {
      const { pathname } = new URL(request.url ?? '', 'http://qdrant');
      const name = `${request.method} ${pathname}`;
      requests.push(name);
      const body = await readBody(request);
      try {
        if (apiKey !== undefined && request.headers['api-key'] !== apiKey) {
          throw new QdrantError(403, 'Forbidden');
        }
        if (failing?.matches.test(name)) throw new QdrantError(failing.status, 'Told to fail');
        answer(response, 200, {
          result: route(collections, name, body),
          status: 'ok',
          time: 0.001,
        });
      } catch (error) {
        const { status, message } =
          error instanceof QdrantError ? error : new QdrantError(500, String(error));
        answer(response, status, { status: { error: message }, time: 0.001 });
      }
    })();
  });
  return listen(server, requests, (matches, status = 500) => {
    failing = matches && { matches, status };
  });
}

async function listen(
  server: Server,
  requests: readonly string[],
  fail: QdrantStandIn['fail'],
): Promise<QdrantStandIn> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    fail,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

class QdrantError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

async function readBody(request: IncomingMessage): Promise<Body> {
  let text = '';
  for await (const piece of request.setEncoding('utf8')) text += piece;
  return text === '' ? {} : (JSON.parse(text) as Body);
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function route(collections: Map<string, Collection>, request: string, body: Body): unknown {
  const [, method, name = '', action = ''] =
    /^(\w+) \/collections\/([^/]+)\/?(.*)$/.exec(request) ?? [];
  if (`${method} ${action}` === 'GET exists') return { exists: collections.has(name) };
  if (method === 'PUT' && action === '') return createCollection(collections, name, body);
  const collection = collections.get(name);
  if (!collection) throw new QdrantError(404, `Not found: Collection \`${name}\` doesn't exist!`);
  switch (`${method} ${action}`) {
    case 'GET ':
      return {
        status: 'green',
        optimizer_status: 'ok',
        points_count: collection.points.size,
        segments_count: 1,
        config: {
          params: { vectors: collection.vectors, sparse_vectors: collection.sparse_vectors },
        },
        payload_schema: {},
      };
    case 'PUT index':
      collection.indexes.set(body['field_name'] as string, body['field_schema'] as string);
      return done;
    case 'PUT points':
      return upsert(collection, body['points'] as Point[]);
    case 'POST points/batch':
      return (body['operations'] as Body[]).map((operation) => update(collection, operation));
    case 'POST points/delete':
      return update(collection, { delete: body });
    case 'POST points/count':
      return { count: find(collection, body['filter'] as Filter).length };
    case 'POST points/scroll':
      return scroll(collection, body);
    case 'POST points/query/batch':
      return (body['searches'] as Query[]).map((query) => ({ points: search(collection, query) }));
    default:
      throw new QdrantError(404, `No route: ${request}`);
  }
}

const done = { operation_id: 1, status: 'completed' };

function createCollection(collections: Map<string, Collection>, name: string, body: Body): true {
  if (collections.has(name)) {
    throw new QdrantError(409, `Wrong input: Collection \`${name}\` already exists!`);
  }
  collections.set(name, {
    vectors: (body['vectors'] ?? {}) as Collection['vectors'],
    sparse_vectors: (body['sparse_vectors'] ?? {}) as Collection['sparse_vectors'],
    indexes: new Map(),
    points: new Map(),
  });
  return true;
}

function upsert(collection: Collection, points: readonly Point[]): object {
  for (const { id, vector, payload } of points) {
    if (!/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/.test(String(id))) {
      throw new QdrantError(400, `value ${id} is not a valid point ID`);
    }
    const stored: Record<string, Vector> = {};
    for (const [name, value] of Object.entries(vector)) {
      stored[name] = checkVector(collection, name, value);
    }
    collection.points.set(id, { id, vector: stored, payload: { ...payload } });
  }
  return done;
}

/** Qdrant normalises vectors whose distance is the cosine. */
function checkVector(collection: Collection, name: string, vector: Vector): Vector {
  if ('indices' in vector) {
    if (!(name in collection.sparse_vectors)) throw noVector(name);
    if (new Set(vector.indices).size !== vector.indices.length) {
      throw new QdrantError(422, 'Validation error: indices must be unique');
    }
    return vector;
  }
  const config = collection.vectors[name];
  if (!config) throw noVector(name);
  if (config.size !== vector.length) {
    throw new QdrantError(
      400,
      `Wrong input: Vector dimension error: expected dim: ${config.size}, got ${vector.length}`,
    );
  }
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

function noVector(name: string): QdrantError {
  return new QdrantError(400, `Wrong input: Not existing vector name error: ${name}`);
}

function update(collection: Collection, operation: Body): object {
  const removal = operation['delete'] as { readonly filter: Filter } | undefined;
  const unset = operation['delete_payload'] as
    { readonly keys: readonly string[]; readonly filter: Filter } | undefined;
  if (removal) {
    for (const { id } of find(collection, removal.filter)) collection.points.delete(id);
  } else if (unset) {
    for (const point of find(collection, unset.filter)) {
      point.payload = Object.fromEntries(
        Object.entries(point.payload).filter(([key]) => !unset.keys.includes(key)),
      );
    }
  } else throw new QdrantError(400, 'Format error in JSON body: unknown operation');
  return done;
}

function scroll(collection: Collection, body: Body): object {
  const limit = body['limit'] as number;
  const offset = body['offset'];
  const points = find(collection, body['filter'] as Filter)
    .sort((left, right) => (String(left.id) < String(right.id) ? -1 : 1))
    .filter(({ id }) => typeof offset !== 'string' || String(id) >= offset);
  return {
    points: points.slice(0, limit).map(({ id, payload, vector }) => ({
      id,
      payload: select(payload, body['with_payload'] ?? true),
      vector: select(vector, body['with_vector'] ?? false),
    })),
    next_page_offset: points[limit]?.id ?? null,
  };
}

/** @param wanted all, nothing, or the fields that are named */
function select<Value>(
  from: Readonly<Record<string, Value>>,
  wanted: unknown,
): Readonly<Record<string, Value>> | null {
  if (typeof wanted === 'boolean') return wanted ? from : null;
  const keys = wanted as readonly string[];
  return Object.fromEntries(Object.entries(from).filter(([key]) => keys.includes(key)));
}

function search(collection: Collection, { query, using, filter, limit = 10 }: Query): object[] {
  const asked = checkVector(collection, using, query);
  return find(collection, filter)
    .flatMap((point) => {
      const vector = point.vector[using];
      const score = vector && dot(asked, vector);
      // Points that share no dimension with a sparse query are not found.
      return score === undefined || ('indices' in asked && score === 0)
        ? []
        : [{ id: point.id, version: 1, score, payload: point.payload }];
    })
    .sort((left, right) => right.score - left.score)
    .slice(0, limit);
}

function dot(left: Vector, right: Vector): number {
  if (!('indices' in left) && !('indices' in right)) {
    return left.reduce((sum, value, index) => sum + value * right[index]!, 0);
  }
  if (!('indices' in left && 'indices' in right)) return 0;
  const values = new Map(
    right.indices.map((dimension, index) => [dimension, right.values[index]!]),
  );
  return left.indices.reduce(
    (sum, dimension, index) => sum + left.values[index]! * (values.get(dimension) ?? 0),
    0,
  );
}

function find(collection: Collection, filter: Filter = {}): Point[] {
  const { must = [], must_not = [] } = filter;
  for (const { key } of [...must, ...must_not]) {
    if (!collection.indexes.has(key)) {
      throw new QdrantError(400, `Bad request: Index required but not found for "${key}"`);
    }
  }
  const holds = ({ key, match }: Condition, { payload }: Point): boolean => {
    const values = [payload[key] ?? []].flat();
    return values.some((value) => (match.any ? match.any.includes(value) : match.value === value));
  };
  return [...collection.points.values()].filter(
    (point) =>
      must.every((condition) => holds(condition, point)) &&
      !must_not.some((condition) => holds(condition, point)),
  );
}
