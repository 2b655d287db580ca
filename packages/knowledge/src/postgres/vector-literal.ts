/** A vector as pgvector reads it: `[0.1,0.2]`. */
export function vectorLiteral(vector: Float32Array): string {
  return `[${vector.join(',')}]`;
}

/** A vector as pgvector writes it. */
export function parseVector(literal: string): Float32Array {
  return Float32Array.from(literal.slice(1, -1).split(','), Number);
}
