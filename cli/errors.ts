/** A mistake that the person at the terminal can mend: shown as one sentence and the way out, without a stack trace. */
export class UserError extends Error {
  /** what to do now */
  readonly remedy: string

  constructor(message: string, remedy: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'UserError'
    this.remedy = remedy
  }
}
