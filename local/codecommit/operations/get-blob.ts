import type { GetBlobInput, GetBlobOutput } from '@aws-sdk/client-codecommit'
import type { Call } from '../../gateway/service.ts'
import { bareOf, type Context } from '../context.ts'
import { MAX_ANSWER_BYTES } from '../files/limits.ts'
import { withObjects } from '../objects/objects.ts'
import { existing, reject } from '../validate.ts'

export const getBlob =
  (context: Context) =>
  async ({ repositoryName, blobId }: GetBlobInput, call: Call): Promise<GetBlobOutput> => {
    const repository = existing(context, call, repositoryName)
    if (blobId === undefined || blobId === null) return reject('BlobIdRequired', 'A blob ID is required.')
    if (!/^[0-9a-f]{40}$/.test(blobId)) {
      reject('InvalidBlobId', 'The blob ID is not valid. It must be a full 40-digit SHA-1.')
    }
    const blob = await withObjects(context, bareOf(context, repository).directory, (objects) =>
      objects.read(blobId, MAX_ANSWER_BYTES),
    )
    if (blob?.type !== 'blob') return reject('BlobIdDoesNotExist', `Blob ${blobId} does not exist`)
    if (blob.content === undefined) {
      return reject('FileTooLarge', 'The blob exceeds the limit of 6 MB. Use a Git client for it.')
    }
    return { content: blob.content }
  }
