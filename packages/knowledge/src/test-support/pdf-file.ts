/** A line of a page, from top to bottom. */
export interface PdfLine {
  readonly text: string;
  /** Size of the letters in points; default 11. */
  readonly size?: number | undefined;
  /** Empty space above, in points; default none. */
  readonly gap?: number | undefined;
}

/** A PDF file with these pages, in Helvetica, as a writer of 1993 would make it (PDF 1.4). */
export function makePdf(pages: readonly (readonly PdfLine[])[]): Uint8Array {
  const objects: string[] = [];
  const add = (body: string): number => objects.push(body);
  const kids = pages.map((_, index) => `${4 + index * 2} 0 R`).join(' ');
  add('<< /Type /Catalog /Pages 2 0 R >>');
  add(`<< /Type /Pages /Kids [${kids}] /Count ${pages.length} >>`);
  add('<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>');
  for (const lines of pages) {
    const content = contentOf(lines);
    add(
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents ${objects.length + 2} 0 R ` +
        '/Resources << /Font << /F1 3 0 R >> >> >>',
    );
    add(`<< /Length ${content.length} >>\nstream\n${content}\nendstream`);
  }
  let file = '%PDF-1.4\n';
  const offsets = objects.map((body, index) => {
    const offset = file.length;
    file += `${index + 1} 0 obj\n${body}\nendobj\n`;
    return offset;
  });
  const table = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
  const start = file.length;
  file += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${table}`;
  file += `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${start}\n%%EOF\n`;
  return Buffer.from(file, 'latin1');
}

function contentOf(lines: readonly PdfLine[]): string {
  let y = 800;
  return lines
    .map(({ text, size = 11, gap = 0 }) => {
      y -= size * 1.2 + gap;
      const escaped = text.replaceAll(/[\\()]/g, String.raw`\$&`);
      return `BT /F1 ${size} Tf 50 ${y} Td (${escaped}) Tj ET`;
    })
    .join('\n');
}
