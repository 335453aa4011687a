/** What the parts of the bench share. */
export interface Scene {
  /** for everything, removed afterwards */
  readonly folder: string
  /** file of the rules that are shipped, as the function's bundle holds them */
  readonly rules: string
  readonly rounds: number
  /** small inputs: shown and not judged */
  readonly quick: boolean
}
