import { AwsError } from '../gateway/service.ts'

/** Throws CodeCommit's exception of that name: HTTP 400, as for all but one of its errors. */
export function reject(name: string, message: string): never {
  throw new AwsError(`${name}Exception`, message)
}
