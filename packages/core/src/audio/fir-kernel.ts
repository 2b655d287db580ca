/**
 * Runs one filter over a run of samples: `output[outputStart + i * outputStride]` becomes the sum over
 * `j` of `taps[j] * input[inputStart + i + j]`, added to what is there if `add` is set.
 *
 * Four outputs are made at once, so that each tap and each sample is loaded once for four products.
 * Every output is summed in the same order wherever it falls, so chunking never changes a bit.
 *
 * @param taps A multiple of four long.
 */
export function runFilter(
  taps: Float64Array,
  input: Float64Array,
  inputStart: number,
  output: Float64Array,
  outputStart: number,
  outputStride: number,
  count: number,
  add: boolean,
): void {
  const length = taps.length;
  const tiled = count - (count % 4);
  const stride = outputStride;
  let at = outputStart;
  let from = inputStart;
  for (let i = 0; i < tiled; i += 4, at += 4 * stride, from += 4) {
    let y0 = 0;
    let y1 = 0;
    let y2 = 0;
    let y3 = 0;
    if (add) {
      y0 = output[at]!;
      y1 = output[at + stride]!;
      y2 = output[at + 2 * stride]!;
      y3 = output[at + 3 * stride]!;
    }
    let x0 = input[from]!;
    let x1 = input[from + 1]!;
    let x2 = input[from + 2]!;
    let x3: number;
    for (let j = 0, next = from + 3; j < length; j += 4, next += 4) {
      let tap = taps[j]!;
      x3 = input[next]!;
      y0 += tap * x0;
      y1 += tap * x1;
      y2 += tap * x2;
      y3 += tap * x3;
      tap = taps[j + 1]!;
      x0 = input[next + 1]!;
      y0 += tap * x1;
      y1 += tap * x2;
      y2 += tap * x3;
      y3 += tap * x0;
      tap = taps[j + 2]!;
      x1 = input[next + 2]!;
      y0 += tap * x2;
      y1 += tap * x3;
      y2 += tap * x0;
      y3 += tap * x1;
      tap = taps[j + 3]!;
      x2 = input[next + 3]!;
      y0 += tap * x3;
      y1 += tap * x0;
      y2 += tap * x1;
      y3 += tap * x2;
    }
    output[at] = y0;
    output[at + stride] = y1;
    output[at + 2 * stride] = y2;
    output[at + 3 * stride] = y3;
  }
  for (let i = tiled; i < count; i++, at += stride, from++) {
    let y = add ? output[at]! : 0;
    for (let j = 0; j < length; j++) y += taps[j]! * input[from + j]!;
    output[at] = y;
  }
}

/** {@link runFilter} for a filter of a single tap, which most often is a copy. */
export function runSingleTap(
  tap: number,
  input: Float64Array,
  inputStart: number,
  output: Float64Array,
  outputStart: number,
  outputStride: number,
  count: number,
  add: boolean,
): void {
  let at = outputStart;
  for (let i = 0; i < count; i++, at += outputStride) {
    const y = tap * input[inputStart + i]!;
    output[at] = add ? output[at]! + y : y;
  }
}
