import type { PolicyDocument } from '../contracts.ts'

/** A queue's policy from its attribute's text, which was checked when it was set. */
export const parsePolicy = (text: string | undefined): PolicyDocument | undefined =>
  text ? (JSON.parse(text) as PolicyDocument) : undefined
