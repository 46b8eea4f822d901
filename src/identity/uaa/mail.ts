/** Sends letters to people. An installation without one hands links out over the API instead. */
export interface Mail {
  /** Resolves when the letter has been taken over. `text` is plain and holds a link with a one-time code. */
  send(to: string, subject: string, text: string): Promise<void>;
}
