/** Forms that the stemmer does not know for what they are, and a few words that callers mean alike. */
const FORMS = `
child children
man men
woman women
person people
foot feet
tooth teeth
life lives
wife wives
knife knives
bad worse worst
begin began begun
bite bit bitten
blow blew blown
break broke broken
bring brought
buy bought
catch caught
choose chose chosen
come came
cost price fee charge expensive
draw drew drawn
drink drank drunk
drive drove driven
eat ate eaten
fall fell fallen
feel felt
find found
fly flew flown
forget forgot forgotten
give gave given
go went gone
hear heard
hold held
keep kept
know knew known
leave left
lend lent
lose lost
make made
meet met
pay paid
run ran
see saw seen
sell sold
send sent
show shown
sleep slept
speak spoke spoken
steal stole stolen
swim swam swum
take took taken
teach taught
tell told
think thought
throw threw thrown
wear wore worn
write wrote written
telephone phone phones cellphone mobile
`;

const BASE_OF: ReadonlyMap<string, string> = new Map(
  FORMS.trim()
    .split('\n')
    .flatMap((line) => {
      const [base = '', ...forms] = line.split(' ');
      return forms.map((form) => [form, base] as const);
    }),
);

/** The base form of an irregular one; the word itself otherwise. */
export function baseFormOf(word: string): string {
  return BASE_OF.get(word) ?? word;
}
