import { AwsError, type Operation } from '../gateway/service.ts'
import type { Store } from '../state/store.ts'

export interface Tag {
  readonly Key?: string | undefined
  readonly Value?: string | undefined
}

/** Tags by the ARN of what they are on. */
export interface Tags {
  get(arn: string): readonly Tag[]
  /** adds to what is there; a key that is there gets the new value; @throws AwsError ValidationException */
  set(arn: string, tags: readonly Tag[] | undefined): void
  remove(arn: string, keys: readonly string[]): void
  forget(arn: string): void
}

/** Tags of one resource: EventBridge user guide, "Tagging Amazon EventBridge resources". */
const MOST = 50

export const openTags = (store: Store, collection: string): Tags => {
  const tags = store.collection<readonly Tag[]>(collection)
  const get = (arn: string) => tags.get(arn) ?? []
  return {
    get,
    set: (arn, added = []) => {
      if (added.length === 0) return
      const keys = new Set(added.map(({ Key }) => Key))
      if (keys.size < added.length)
        throw new AwsError('ValidationException', 'Invalid parameter: Duplicated keys are not allowed.')
      const all = [...get(arn).filter(({ Key }) => !keys.has(Key)), ...added]
      if (all.length > MOST)
        throw new AwsError('ValidationException', `Tags per resource must not be more than ${MOST}.`)
      tags.put(arn, all)
    },
    remove: (arn, keys) =>
      tags.put(
        arn,
        get(arn).filter(({ Key }) => !keys.includes(Key ?? '')),
      ),
    forget: (arn) => {
      tags.delete(arn)
    },
  }
}

interface Input {
  readonly ResourceARN?: string
  readonly Tags?: readonly Tag[]
  readonly TagKeys?: readonly string[]
}

/** @param exists throws AwsError ResourceNotFoundException for an ARN of nothing */
export const tagOperations = (tags: Tags, exists: (arn: string) => void): Record<string, Operation> => ({
  TagResource: ({ ResourceARN = '', Tags = [] }: Input) => {
    exists(ResourceARN)
    tags.set(ResourceARN, Tags)
    return {}
  },
  UntagResource: ({ ResourceARN = '', TagKeys = [] }: Input) => {
    exists(ResourceARN)
    tags.remove(ResourceARN, TagKeys)
    return {}
  },
  ListTagsForResource: ({ ResourceARN = '' }: Input) => {
    exists(ResourceARN)
    return { Tags: tags.get(ResourceARN) }
  },
})
