/** Something that Twilio would report under one of its error codes. */
export class TwilioProblem extends Error {
  /** Twilio's error code, such as 11200. */
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.name = 'TwilioProblem';
    this.code = code;
  }
}
