import type {
  UpdateRepositoryEncryptionKeyInput,
  UpdateRepositoryEncryptionKeyOutput,
} from '@aws-sdk/client-codecommit'
import type { Call } from '../../gateway/service.ts'
import type { Context } from '../context.ts'
import { chosenKey, keyOf, requireKey } from '../keys.ts'
import { existing, reject } from '../validate.ts'

/** The caller must be able to use the old key and the new one. */
export const updateRepositoryEncryptionKey =
  (context: Context) =>
  (input: UpdateRepositoryEncryptionKeyInput, call: Call): UpdateRepositoryEncryptionKeyOutput => {
    if (!input.kmsKeyId) return reject('EncryptionKeyRequired', 'An encryption key ID is required.')
    const repository = existing(context, call, input.repositoryName)
    const kmsKeyId = chosenKey(context, repository, input.kmsKeyId)
    requireKey(context, { ...repository, kmsKeyId }, call.caller)
    const original = keyOf(context, repository)
    context.repositories.update(repository, { kmsKeyId, modifiedAt: context.parts.now() })
    return {
      repositoryId: repository.id,
      kmsKeyId,
      ...(original !== undefined && { originalKmsKeyId: original }),
    }
  }
