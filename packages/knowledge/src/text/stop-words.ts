/** Words that say nothing about what a question is about, without apostrophes. */
export const STOP_WORDS: ReadonlySet<string> = new Set(
  (
    'a about actually again all also always am an and any anybody anyone anything are as ask at be because been before being but by can ' +
    'cannot cant could did didnt do does doesnt doing done dont even ever for from get gets getting give given go goes going ' +
    'gonna got had has have having he hello hello her here hey hi him his how i id if ill im in into is isnt it its ' +
    'ive just kind know let lets like little look looking maybe may me mean mine much many my need needs no not now of off oh ok okay ' +
    'on or other our out please possible quick question really quite rather right said same say see shall she should so some still somebody such someone something sorry sort sure take tell than thank ' +
    'thanks that thats the their them then there theres these they thing things think this those to too uh um us very ' +
    'wanna want wants was way we well were what whats when where which while who whose why will with wonder wondering ' +
    'wont would yeah yes yet you youd youre your yours'
  ).split(' '),
);
