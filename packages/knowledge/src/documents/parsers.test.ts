import { makePdf } from '../test-support/pdf-file.ts';
import { decodeText } from './decode-text.ts';
import { parseHtml } from './html.ts';
import { parseMarkdown } from './markdown.ts';
import { parsePdf } from './pdf.ts';

const unreadable = (message: RegExp) =>
  expect.objectContaining({
    code: 'knowledge_document_unreadable',
    message: expect.stringMatching(message),
  });

describe('Markdown', () => {
  test('headings part it; lists, tables, links and code become text', () => {
    const text = [
      '---',
      'title: "The clinic"',
      'site: north',
      'public: true',
      '---',
      '# Ignored as a title',
      '',
      'Hello *dear* [reader](https://example.com) &amp; friend.',
      'Second line. ![A picture](x.png)',
      '',
      '## Prices',
      '',
      '- One `code`',
      '- Two',
      '  - Nested',
      '',
      '| Service | Price |',
      '| ------- | ----- |',
      '| X-ray   | $40   |',
      '| Blood   |       |',
      '',
      '### Deep',
      '> Quoted.',
      '',
      '```sh',
      'npm ci',
      '```',
      '<div>Html <b>too</b><script>alert(1)</script></div>',
    ].join('\r\n');
    expect(parseMarkdown(text)).toEqual({
      title: 'The clinic',
      metadata: { site: 'north', public: true },
      sections: [
        { headings: [], text: 'Hello dear reader & friend. Second line.', line: 8 },
        { headings: ['Prices'], text: 'One code\nTwo\nNested', line: 13 },
        { headings: ['Prices'], text: 'Service: X-ray, Price: $40.\nService: Blood.', line: 17 },
        { headings: ['Prices', 'Deep'], text: 'Quoted.', line: 23 },
        { headings: ['Prices', 'Deep'], text: 'npm ci', line: 25 },
        { headings: ['Prices', 'Deep'], text: 'Html too', line: 28 },
      ],
    });
  });

  test('without a heading it has no title', () => {
    expect(parseMarkdown('Just text.')).toEqual({
      title: undefined,
      metadata: {},
      sections: [{ headings: [], text: 'Just text.', line: 1 }],
    });
  });
});

describe('HTML', () => {
  test('headings part it; what is not to be read is left out', () => {
    const { title, sections } =
      parseHtml(`<!doctype html><html><head><title>Page &ndash; Site</title>
      <style>p { color: red }</style></head><body><nav><a href="/">Home</a></nav>
      <h1>The  clinic</h1><p>Open <b>daily</b>,<br>also&nbsp;today.</p>
      <div hidden>secret</div><span aria-hidden="true">icon</span>
      <h2>Prices</h2><table><tr><th>Service<th>Price</tr><tr><td>X-ray<td>$40</tr></table>
      <ul><li>One<li>Two</ul><script>document.write("no")</script><dl><dt>Bus<dd>Line 4</dl>
      <h3>Unfinished<p>text`);
    expect(title).toBe('The clinic');
    expect(sections).toEqual([
      { headings: [], text: 'Open daily,\nalso today.' },
      { headings: ['Prices'], text: 'Service: X-ray, Price: $40.' },
      { headings: ['Prices'], text: 'One\nTwo' },
      { headings: ['Prices'], text: 'Bus\nLine 4' },
    ]);
  });

  test('a page without h1 has the title of its head, and broken markup is read', () => {
    expect(parseHtml('<title>Head</title><p>One <b>two</p></i> three').title).toBe('Head');
    expect(parseHtml('<p>One <b>two</p></i> three').sections.map(({ text }) => text)).toEqual([
      'One two',
      'three',
    ]);
    expect(parseHtml(`${'<div>'.repeat(20_000)}deep`).sections).toEqual([
      { headings: [], text: 'deep' },
    ]);
  });
});

describe('PDF', () => {
  test('larger letters are headings, lines join to paragraphs, and pages are known', async () => {
    const pdf = makePdf([
      [
        { text: 'The (big) handbook', size: 24 },
        { text: 'Parking', size: 16, gap: 10 },
        { text: 'Cars may stand behind the li-' },
        { text: 'brary. They must leave' },
        { text: 'at night.' },
        { text: 'A new paragraph.', gap: 12 },
      ],
      [{ text: 'Bicycles', size: 16 }, { text: 'They may stay.' }],
    ]);
    expect(await parsePdf(pdf)).toEqual({
      title: 'The (big) handbook',
      metadata: {},
      sections: [
        {
          headings: ['Parking'],
          text: 'Cars may stand behind the library. They must leave at night.',
          page: 1,
        },
        { headings: ['Parking'], text: 'A new paragraph.', page: 1 },
        { headings: ['Bicycles'], text: 'They may stay.', page: 2 },
      ],
    });
  });

  test('what is broken or has no text is refused with a reason, and nothing is printed', async () => {
    const good = makePdf([[{ text: 'Text.' }]]);
    await expect(parsePdf(Buffer.from('%PDF-1.7 garbage'))).rejects.toEqual(
      unreadable(/broken PDF/),
    );
    await expect(parsePdf(new Uint8Array())).rejects.toEqual(unreadable(/broken PDF/));
    await expect(parsePdf(makePdf([[]]))).rejects.toEqual(unreadable(/scan/));
    // The buffer stays the caller's.
    await parsePdf(good);
    expect((await parsePdf(good)).sections).toHaveLength(1);
  });
});

describe('text', () => {
  test('UTF-8 and UTF-16 with a mark are read', () => {
    expect(decodeText(Buffer.from('\uFEFFé'))).toBe('é');
    expect(decodeText(Buffer.from('\uFEFFé', 'utf16le'))).toBe('é');
    expect(decodeText(Buffer.from('\uFEFFé', 'utf16le').swap16())).toBe('é');
  });

  test('HTML is read in the encoding that it declares', () => {
    const page = (meta: string): Buffer => Buffer.from(`${meta}<p>caf\xe9 \x80`, 'latin1');
    expect(decodeText(page('<meta charset="windows-1252">'), 'html')).toContain('café €');
    expect(
      decodeText(
        page('<meta http-equiv="Content-Type" content="text/html; charset=iso-8859-1">'),
        'html',
      ),
    ).toContain('café');
    expect(() => decodeText(page(''), 'html')).toThrow(unreadable(/UTF-8/));
    expect(() => decodeText(page('<meta charset="klingon">'), 'html')).toThrow(
      unreadable(/klingon/),
    );
  });

  test('other encodings and binary files are refused rather than guessed', () => {
    expect(() => decodeText(Buffer.from('caf\xe9', 'latin1'))).toThrow(
      unreadable(/save it as UTF-8/),
    );
    for (const bytes of [
      Buffer.from('Parking at the back', 'utf16le'),
      Buffer.from('Parking at the back', 'utf16le').swap16(),
    ]) {
      expect(() => decodeText(bytes)).toThrow(unreadable(/UTF-16 without a byte order mark/));
    }
    expect(() => decodeText(Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 1]))).toThrow(
      unreadable(/binary/),
    );
  });
});
