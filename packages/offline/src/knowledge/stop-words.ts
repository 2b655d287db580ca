/** Words that say nothing about what a question is about. */
export const STOP_WORDS: ReadonlySet<string> = new Set(
  (
    'a about am an and any are as at be been but by can could did do does for from get give got had ' +
    "has have hello hey hi how i i'd i'm if in is it it's its just know let like may me might my need of " +
    'off oh on or our please s shall should so some tell thank thanks that the their them then there ' +
    "there's these they this to uh um us want was we well were what what's which will with would yes " +
    "you you're your"
  ).split(' '),
);
