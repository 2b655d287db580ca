import { stemOf } from './terms.ts';

/** Words that a question about anything may have, and that are seldom what it is about. */
const WORDS = `
able accept add afraid agree allow already answer appear arrive avoid bad beautiful become begin
believe belong best better big bit bring brother busy buy careful carry catch cause certain choose
clear color come consider continue correct count cover daughter day decide describe different
difficult discover drop each early easy either else end enough enter evening exactly expect explain
fact far fast father favorite few fill final find fine finish first fix follow forget friend full
funny gentleman girl glad good great grow guess guy half happen happy hard hate help high hold home
hope hour huge husband idea imagine important include inside instead interesting join keep kid kind
lady large last late later laugh lead learn least leave left lend less live local long lot love low
main make man manage matter maybe meet mind minute mistake moment month morning mother move name
near necessary never new next nice night normal nothing notice number offer often old once only
ordinary outside own part pass people perhaps person pick piece place plain plan point possible
prefer prepare probably problem produce promise provide put quick quiet raise reach ready real
reason receive recommend remember remove repeat reply require rest rich right run sad safe save
search seem self sell send separate serve set several share short show side simple since single
sister sit slow small soon special spend stand start stay still stop strange strong suggest suppose
sure surprise talk tell terrible than throw time today together tomorrow tonight top touch town true
try turn ugly understand until usual very wake walk way week weekend wife win without woman
wonderful word world worry worse worst wrong year yesterday young
`;

let stems: ReadonlySet<string> | undefined;

/** Whether a term is the stem of such a word. */
export function isEverydayTerm(term: string): boolean {
  stems ??= new Set(WORDS.trim().split(/\s+/).map(stemOf));
  return stems.has(term);
}
