/**
 * A table as lines, one for each row, with the names of the columns, so that a row makes sense by
 * itself: `Service: X-ray, price: 40 dollars.`
 */
export function tableLines(
  header: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  return rows
    .map((row) =>
      row
        .map((value, column) => {
          const name = header[column] ?? '';
          return value === '' || name === '' ? value : `${name}: ${value}`;
        })
        .filter((cell) => cell !== '')
        .join(', '),
    )
    .filter((line) => line !== '')
    .map((line) => (/[.!?]$/.test(line) ? line : `${line}.`))
    .join('\n');
}
