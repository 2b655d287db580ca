/** A passage with what it stands under, as it is searched and embedded. */
export function wholeText(
  title: string,
  { headings, text }: { readonly headings: readonly string[]; readonly text: string },
): string {
  return [title, ...headings, text].join('\n');
}
