import type { Tag } from '@aws-sdk/client-ecs'
import type { Call, Operation } from '../gateway/service.ts'
import type { Clusters } from './clusters.ts'
import type { Definitions } from './definitions.ts'
import { invalidParameter } from './records.ts'
import type { Tasks } from './tasks.ts'

const MAX_TAGS = 50

interface Tagged {
  readonly tags: readonly Tag[]
  put(tags: readonly Tag[]): void
}

/** Tags of clusters, task definitions and tasks: API reference, TagResource. */
export const tagOperations = (
  clusters: Clusters,
  definitions: Definitions,
  tasks: Tasks,
): Record<string, Operation> => {
  const taggedAt = (arn: string, call: Call): Tagged => {
    const kind = /^arn:aws:ecs:[a-z0-9-]+:\d{12}:(cluster|task-definition|task)\/.+$/.exec(arn)?.[1]
    if (kind === 'cluster') {
      const record = clusters.get(arn, call)
      return { tags: record.tags ?? [], put: (tags) => clusters.put({ ...record, tags }) }
    }
    if (kind === 'task-definition') {
      const record = definitions.find(arn, call)
      if (!record)
        throw invalidParameter(
          'The specified task definition does not exist. Specify a valid task definition and try again.',
        )
      return {
        tags: record.input.tags ?? [],
        put: (tags) => definitions.put({ ...record, input: { ...record.input, tags: [...tags] } }),
      }
    }
    if (kind !== 'task') throw invalidParameter('Invalid identifier: Unexpected resource type or identifier.')
    const task = tasks.get(call, arn)
    if (!task) throw invalidParameter('The specified task is inactive or does not exist.')
    return { tags: task.tags ?? [], put: (tags) => tasks.put(task, { tags }) }
  }
  return {
    TagResource: (input, call) => {
      const { tags, put } = taggedAt(input.resourceArn, call)
      const given: Tag[] = input.tags ?? []
      const next = [...tags.filter(({ key }) => !given.some((tag) => tag.key === key)), ...given]
      if (next.length > MAX_TAGS) throw invalidParameter(`A resource can have at most ${MAX_TAGS} tags.`)
      put(next)
      return {}
    },
    UntagResource: (input, call) => {
      const { tags, put } = taggedAt(input.resourceArn, call)
      put(tags.filter(({ key }) => !(input.tagKeys ?? []).includes(key)))
      return {}
    },
    ListTagsForResource: (input, call) => ({ tags: [...taggedAt(input.resourceArn, call).tags] }),
  }
}
