import { type Code, type ErrorData, RelayError } from './errors.ts'

/** AWS's exception name (`ThrottlingException`, `AccessDeniedException` ...), or the class or system code of anything else. */
export const awsName = (error: unknown): string => {
  const { name, code } = (error ?? {}) as { name?: unknown; code?: unknown }
  if (typeof name === 'string' && name !== '' && name !== 'Error') return name
  return typeof code === 'string' ? code : 'Error'
}

/**
 * A coded failure around what an AWS client threw; one that is coded already passes through.
 * @param code what failed, in Relay's words
 * @param data names that explain it; `aws` is added
 */
export const asFailure = (code: Code, error: unknown, data: ErrorData = {}): RelayError =>
  error instanceof RelayError
    ? error
    : new RelayError(code, { ...data, aws: awsName(error) }, { cause: error })
